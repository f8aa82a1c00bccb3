"""Whether a file is complete, how many rows it has, and that it unpacks to a sensible size.

It runs before anything else reads the file, in memory that does not grow with what the file contains.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from nyc_tlc.core.errors import BadFileError
from nyc_tlc.core.landing.parquet_pages import check_pages, require_small_footer
from nyc_tlc.core.landing.unpacked import Unpacked

READ_BYTES = 1 << 17
KIND_BYTES = 200
KINDS = {
    b"PAR1": "Parquet",
    b"\x1f\x8b": "gzip",
    b"PK": "a ZIP archive",
    b"<": "HTML or XML",
    b"version https://git-lfs": "a Git LFS pointer",
}
LONGEST_LINE = 1 << 21
LINES_EXPECTED = "Expected a CSV file whose lines end in LF or CR LF. Nothing was kept."
UTF8_MARK = b"\xef\xbb\xbf"
BLANK_LINE = re.compile(rb"\n\s*\n")


@dataclass(frozen=True)
class Content:
    """A file's data rows, and its size when unpacked: without gzip, the size of the file itself."""

    rows: int
    unpacked_bytes: int


def count_rows(path: Path, name: str, url: str) -> int:
    """Data rows of a Parquet, ``.csv`` or ``.csv.gz`` file; raises what ``measure`` raises."""
    return measure(path, name, url).rows


def measure(path: Path, name: str, url: str) -> Content:
    """Rows and unpacked size, in one pass over the file.

    Raises BadFileError if it is not whole, FileTooLargeError if it unpacks to too much.
    """
    if name.endswith(".parquet"):
        return Content(_parquet_rows(path, url), path.stat().st_size)
    if name.endswith(".zip"):
        return _zip_content(path, url)
    unpacked = Unpacked(url)
    chunks = _gunzip(path, url) if name.endswith(".gz") else _chunks(path)
    rows = _csv_rows(unpacked.counted(chunks), url)
    return Content(rows, unpacked.bytes)


def _parquet_rows(path: Path, url: str) -> int:
    """Rows by the footer; the magic bytes at both ends tell a cut or foreign file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    require_small_footer(path, url)
    try:
        metadata = pq.read_metadata(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise _bad(path, url, "Parquet (PAR1 at both ends, and a footer)", error) from error
    check_pages(path, metadata, url)
    return int(metadata.num_rows)


def _zip_content(path: Path, url: str) -> Content:
    """An archive has no rows of its own. Its directory is at its end, so a cut file has none."""
    if not zipfile.is_zipfile(path):
        raise _bad(path, url, "a ZIP archive", "it has no directory at its end")
    return Content(0, path.stat().st_size)


def _csv_rows(chunks: Iterator[bytes], url: str) -> int:
    """Lines that are neither blank nor the header, which some mirrors repeat."""
    header = b""
    rows = 0
    blocks = _whole_lines(chunks, url)
    for lines in chain([next(blocks).removeprefix(UTF8_MARK)], blocks):
        header = header or _first_line(lines)
        rows += _rows_in(lines, header)
    if not header or header.startswith(b"<") or b"\0" in header:
        raise BadFileError(
            f"{url} sent {_kind(header)}. Expected a CSV file whose first line names columns. The address "
            "may be wrong. Nothing was kept."
        )
    if b"\r" in header:
        raise BadFileError(f"{url} ends its lines in CR alone. {LINES_EXPECTED}")
    return rows


def _first_line(lines: bytes) -> bytes:
    return lines.strip().split(b"\n", 1)[0].strip()


def _rows_in(lines: bytes, header: bytes) -> int:
    """Counting line ends is much faster than looking at each line, which few blocks need."""
    if header in lines or lines[:1].isspace() or BLANK_LINE.search(lines):
        return sum(line.strip() not in (b"", header) for line in lines.split(b"\n"))
    return lines.count(b"\n")


def _whole_lines(chunks: Iterator[bytes], url: str) -> Iterator[bytes]:
    """The text in blocks, at least one, each of whole lines."""
    rest = b""
    for chunk in chunks:
        text = rest + chunk
        end = text.rfind(b"\n") + 1
        if end:
            yield text[:end]
        rest = text[end:]
        if len(rest) > LONGEST_LINE:
            raise BadFileError(f"{url} has a line of over {LONGEST_LINE:,} bytes. {LINES_EXPECTED}")
    yield rest if rest.endswith(b"\n") else rest + b"\n"


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(READ_BYTES):
            yield chunk


def _gunzip(path: Path, url: str) -> Iterator[bytes]:
    """Every member of a gzip file, each to its trailer, in pieces of at most READ_BYTES."""
    member = zlib.decompressobj(wbits=31)
    try:
        for chunk in _chunks(path):
            rest = chunk
            while rest:
                if member.eof:
                    member = zlib.decompressobj(wbits=31)
                yield member.decompress(rest, READ_BYTES)
                rest = member.unused_data if member.eof else member.unconsumed_tail
        while piece := member.decompress(b"", READ_BYTES):
            yield piece
    except zlib.error as error:
        raise _bad(path, url, "gzip", error) from error
    if not member.eof:
        raise _bad(path, url, "gzip to its trailer", "it ends before its trailer")


def _bad(path: Path, url: str, expected: str, why: object) -> BadFileError:
    with path.open("rb") as file:
        start = file.read(KIND_BYTES)
    return BadFileError(
        f"{url} sent {path.stat().st_size:,} bytes that are not {expected}: {why}. They look like "
        f"{_kind(start)}. The download may be cut short, or the address may be wrong. Nothing was kept."
    )


def _kind(start: bytes) -> str:
    """What the bytes look like. Never the bytes: the address may be that of a server with secrets."""
    stripped = start.lstrip()
    if not stripped:
        return "nothing"
    for signature, kind in KINDS.items():
        if stripped.startswith(signature):
            return kind
    return "text" if re.fullmatch(rb"[\t\r\n -~\x80-\xff]*", start) else "binary data"

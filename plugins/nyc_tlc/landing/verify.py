"""Is a file whole, and how many rows has it? Asked of the file itself, before anything reads it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

from nyc_tlc.errors import BadFile

READ_BYTES = 1 << 20
SHOWN_BYTES = 60
UTF8_MARK = b"\xef\xbb\xbf"


def count_rows(path: Path, name: str, url: str) -> int:
    """Data rows of a Parquet, ``.csv`` or ``.csv.gz`` file; raises BadFile where it is not whole."""
    if name.endswith(".parquet"):
        return _parquet_rows(path, url)
    if name.endswith(".gz"):
        return _csv_rows(_gunzip(path, url), url)
    return _csv_rows(_chunks(path), url)


def _parquet_rows(path: Path, url: str) -> int:
    """Rows by the footer; the magic bytes at both ends tell a cut or foreign file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowInvalid, OSError) as error:
        raise _bad(path, url, "Parquet (PAR1 at both ends, and a footer)", error) from error


def _csv_rows(chunks: Iterator[bytes], url: str) -> int:
    """Lines that are neither blank nor the header, which some mirrors repeat."""
    header = b""
    rows = 0
    for line in _lines(chunks):
        text = line.strip()
        if not text:
            continue
        if not header:
            header = text.removeprefix(UTF8_MARK)
        elif text != header:
            rows += 1
    if not header:
        raise BadFile(f"{url} has no header line. Expected a CSV file whose first line names columns.")
    return rows


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
    yield rest


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(READ_BYTES):
            yield chunk


def _gunzip(path: Path, url: str) -> Iterator[bytes]:
    """Every member of a gzip file, each to its trailer."""
    member = zlib.decompressobj(wbits=31)
    try:
        for chunk in _chunks(path):
            while chunk:
                if member.eof:
                    member = zlib.decompressobj(wbits=31)
                yield member.decompress(chunk)
                chunk = member.unused_data
    except zlib.error as error:
        raise _bad(path, url, "gzip", error) from error
    if not member.eof:
        raise _bad(path, url, "gzip to its trailer", "it ends before its trailer")


def _bad(path: Path, url: str, expected: str, why: object) -> BadFile:
    with path.open("rb") as file:
        start = file.read(SHOWN_BYTES)
    return BadFile(
        f"{url} sent {path.stat().st_size:,} bytes that are not {expected}: {why}. They begin with "
        f"{start!r}. The file may be cut short, or the address may be another one's; nothing was kept."
    )

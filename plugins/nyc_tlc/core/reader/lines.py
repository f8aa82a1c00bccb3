"""A CSV file, plain or gzip, as blocks of whole lines; only one block at a time is in memory.

A row is a physical line. No field in any TLC file contains a line break, so a line with an open quote
is damaged. Lines end in LF or CR LF; a file may mix both. Blank lines and repeated headers are not
rows.
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from nyc_tlc.core.errors import BadFileError
from nyc_tlc.core.reader.rejects import Reject

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_BYTES = 1 << 21
UTF8_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Block:
    """Some whole lines; ``first_line`` is the line number of the first one in the file, from 1."""

    first_line: int
    data: bytes

    @cached_property
    def line_ends(self) -> int:
        return self.data.count(b"\n")

    def without(self, header: bytes) -> Block:
        """The block without repeated headers; its line numbers no longer match the file."""
        if header not in self.data:
            return self
        return Block(self.first_line, b"\n".join(text for _, text in self.rows(header)))

    def rows(self, header: bytes) -> Iterator[tuple[int, bytes]]:
        """The line number and the text, without line end, of each row."""
        for line, text in enumerate(self.data.split(b"\n"), self.first_line):
            if text.strip() not in (b"", header):
                yield line, text.rstrip(b"\r")


def read_header(path: Path) -> tuple[bytes, tuple[str, ...]]:
    """The header line, stripped, and its column names.

    Blank names at the end (``a,b,``) are left out.
    """
    lines = (line for block in blocks(path) for _, line in block.rows(header=b""))
    line = next(lines, b"").strip()
    if b"\r" in line:
        raise BadFileError(
            f"{path} ends its lines in CR alone. Expected LF or CR LF, as in TLC's files. Convert it "
            "(tr '\\r' '\\n'), or download it again with force."
        )
    names = next(csv.reader([line.decode("utf-8", "replace")]), [])
    while names and not names[-1].strip():
        names.pop()
    if not names:
        raise BadFileError(
            f"{path} has no header line. Expected a CSV file whose first line names columns."
        )
    return line, tuple(names)


def blocks(path: Path) -> Iterator[Block]:
    """The file from its start, without the UTF-8 byte order mark before the header."""
    line = 1
    for data in _whole_lines(path):
        block = _block(line, data)
        yield block
        line += block.line_ends


def _block(line: int, data: bytes) -> Block:
    return Block(line, data.removeprefix(UTF8_MARK) if line == 1 else data)


def _whole_lines(path: Path) -> Iterator[bytes]:
    """Limits the length of a line: a file without line ends must not be read into memory as a whole."""
    try:
        with _opened(path) as file:
            while start := file.read(BLOCK_BYTES):
                end = file.readline(BLOCK_BYTES + 1)
                if len(end) > BLOCK_BYTES:
                    raise _endless(path)
                yield start + end
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BadFileError(
            f"{path} cannot be unpacked as gzip: {error}. Download it again with force."
        ) from error


def _endless(path: Path) -> BadFileError:
    return BadFileError(
        f"{path} has a line that is longer than {BLOCK_BYTES:,} bytes. "
        "Expected a CSV file with one line per trip; lines end in LF or CR LF."
    )


def _opened(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb"))


FIELD = rb'(?:"(?:[^"]|"")*+"|[^",]*+)'
WELL_QUOTED = re.compile(rb"%b(?:,%b)*+" % (FIELD, FIELD))


class _UnreadableLineError(Exception):
    """Says why a line cannot be split into fields."""


def split_lines(
    block: Block, header: bytes, width: int, known: Collection[int]
) -> tuple[pa.Table, list[Reject]]:
    """A table of text (``line``, ``raw``, ``c0``, ``c1``, …; empty is NULL), and the unreadable lines.

    Fields of columns that are not ``known`` are left out: nothing of them is loaded or judged.
    """
    rows: list[list[object]] = []
    rejects: list[Reject] = []
    for line, text in block.rows(header):
        try:
            fields = _fields(text, width)
            rows.append([line, _raw(text), *_utf8(fields, known)])
        except _UnreadableLineError as reason:
            rejects.append(Reject(line, None, None, str(reason), _raw(text)))
    return _table(rows, width), rejects


def mark_broken_rows(rejects: Iterable[Reject], width: int) -> Iterator[Reject]:
    """A stray line end makes two damaged lines of one row: the second is marked, to count once."""
    last: Reject | None = None
    for reject in rejects:
        if last and reject.line == last.line + 1 and _is_one_row(last, reject, width):
            reason = f"continues line {last.line:,}: both are one row, broken by a line end"
            yield replace(reject, reason=reason, continues=True)
            last = None
        else:
            yield reject
            last = reject


def _is_one_row(first: Reject, second: Reject, width: int) -> bool:
    if first.column is not None or second.column is not None:
        return False
    try:
        _fields(f"{first.raw} {second.raw}".encode(), width)
    except _UnreadableLineError:
        return False
    return True


def _raw(text: bytes) -> str:
    return text.decode("utf-8", "backslashreplace")


def _utf8(fields: Sequence[str | None], known: Collection[int]) -> list[str | None]:
    """The known fields; bytes that are not UTF-8 came as surrogates."""
    for place in known:
        field = fields[place]
        try:
            (field or "").encode()
        except UnicodeEncodeError as error:
            raise _UnreadableLineError(
                f"is not UTF-8 (at character {error.start} of {field!a}, column {place + 1})"
            ) from error
    return [field if place in known else None for place, field in enumerate(fields)]


def _fields(text: bytes, width: int) -> list[str | None]:
    """As many fields as the header has. Fewer mean a truncated line; surplus fields must be blank."""
    fields = _parse(text)
    if len(fields) < width:
        raise _UnreadableLineError(f"has {len(fields)} fields, the header has {width}")
    surplus = [field for field in fields[width:] if field.strip()]
    if surplus:
        raise _UnreadableLineError(f"has {surplus[0]!r} after the {width} columns of the header")
    return [field or None for field in fields[:width]]


def _parse(text: bytes) -> list[str]:
    """Refuses a quote inside an unquoted field; Python's parser would guess that it is text."""
    if b"\0" in text:
        raise _UnreadableLineError("contains NUL, which a warehouse cannot store")
    if b'"' in text and not WELL_QUOTED.fullmatch(text):
        raise _UnreadableLineError("is not CSV (a quote that neither opens nor closes a field)")
    try:
        return next(csv.reader([text.decode("utf-8", "surrogateescape")], strict=True))
    except csv.Error as error:
        raise _UnreadableLineError(f"is not CSV ({error})") from error


def _table(rows: list[list[object]], width: int) -> pa.Table:
    import pyarrow as pa

    columns = list(zip(*rows, strict=True)) or [()] * (width + 2)
    names = ["line", "raw", *(f"c{i}" for i in range(width))]
    types = [pa.int64(), *[pa.string()] * (width + 1)]
    return pa.table([pa.array(c, t) for c, t in zip(columns, types, strict=True)], names=names)

"""A CSV file, plain or gzip, as blocks of whole lines; one block is all that is in memory.

A row is a physical line: no field runs across a line end in any file of the TLC, so the lines of
one that does are damaged, each of them. Lines end in LF or CR LF, mixed as they come. Blank lines
are not rows, and neither are repetitions of the header.
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
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
    """Whole lines; ``first_line`` is the physical line of the first of them, from 1."""

    first_line: int
    data: bytes

    @cached_property
    def line_ends(self) -> int:
        return self.data.count(b"\n")

    def without(self, header: bytes) -> Block:
        """The same without repetitions of the header; line numbers are no longer the file's."""
        if header not in self.data:
            return self
        return Block(self.first_line, b"\n".join(text for _, text in self.rows(header)))

    def rows(self, header: bytes) -> Iterator[tuple[int, bytes]]:
        """Physical line and text, without line end, of each row."""
        for line, text in enumerate(self.data.split(b"\n"), self.first_line):
            if text.strip() not in (b"", header):
                yield line, text.rstrip(b"\r")


def read_header(path: Path) -> tuple[bytes, tuple[str, ...]]:
    """The header line, stripped, and its column names.

    Names at its end that are blank name nothing (``a,b,``), so they are left out.
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
    """The file from its start; a mark of UTF-8 before the header is left out."""
    line = 1
    for data in _whole_lines(path):
        block = _block(line, data)
        yield block
        line += block.line_ends


def _block(line: int, data: bytes) -> Block:
    return Block(line, data.removeprefix(UTF8_MARK) if line == 1 else data)


def _whole_lines(path: Path) -> Iterator[bytes]:
    """Also a file without any line end must not end up in memory."""
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
        "Expected a CSV file with a line for each trip, ended by LF or CR LF."
    )


def _opened(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb"))


FIELD = rb'(?:"(?:[^"]|"")*+"|[^",]*+)'
WELL_QUOTED = re.compile(rb"%b(?:,%b)*+" % (FIELD, FIELD))


class _UnreadableLineError(Exception):
    """Why a line has no fields."""


def split_lines(block: Block, header: bytes, width: int) -> tuple[pa.Table, list[Reject]]:
    """A table of text (``line``, ``raw``, ``c0``, ``c1``, …; blank is NULL), and the other lines."""
    rows: list[list[object]] = []
    rejects: list[Reject] = []
    for line, text in block.rows(header):
        try:
            fields = _fields(text, width)
            rows.append([line, text.decode(), *fields])
        except _UnreadableLineError as reason:
            raw = text.decode("utf-8", "backslashreplace")
            rejects.append(Reject(line, None, None, str(reason), raw))
    return _table(rows, width), rejects


def _fields(text: bytes, width: int) -> list[str | None]:
    """As many as the header names; a line with fewer was cut, one with more may only go on blank."""
    fields = _parse(text)
    if len(fields) < width:
        raise _UnreadableLineError(f"has {len(fields)} fields where the header names {width}")
    surplus = [field for field in fields[width:] if field.strip()]
    if surplus:
        raise _UnreadableLineError(
            f"has {surplus[0]!r} beyond the {width} columns that the header names"
        )
    return [field or None for field in fields[:width]]


def _parse(text: bytes) -> list[str]:
    """Python's parser takes a quote inside of an unquoted field for text, which is a guess."""
    if b"\0" in text:
        raise _UnreadableLineError("holds NUL, which no text can")
    if b'"' in text and not WELL_QUOTED.fullmatch(text):
        raise _UnreadableLineError("is not CSV (a quote that neither opens nor closes a field)")
    try:
        return next(csv.reader([text.decode()], strict=True))
    except UnicodeDecodeError as error:
        raise _UnreadableLineError(
            f"is not UTF-8 ({error.reason} at byte {error.start})"
        ) from error
    except csv.Error as error:
        raise _UnreadableLineError(f"is not CSV ({error})") from error


def _table(rows: list[list[object]], width: int) -> pa.Table:
    import pyarrow as pa

    columns = list(zip(*rows, strict=True)) or [()] * (width + 2)
    names = ["line", "raw", *(f"c{i}" for i in range(width))]
    types = [pa.int64(), *[pa.string()] * (width + 1)]
    return pa.table([pa.array(c, t) for c, t in zip(columns, types, strict=True)], names=names)

"""A CSV file, plain or gzip, as blocks of whole lines; one block is all that is in memory.

A row is a physical line: no field runs across a line end in any file of the TLC, so the lines of
one that does are damaged, each of them. Lines end in LF or CR LF, mixed as they come. Blank lines
are not rows, and neither are repetitions of the header.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, cast

from nyc_tlc.errors import BadFile

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
        raise BadFile(
            f"{path} ends its lines in CR alone. Expected LF or CR LF, as in TLC's files. Convert it "
            "(tr '\\r' '\\n'), or download it again with force."
        )
    names = next(csv.reader([line.decode("utf-8", "replace")]), [])
    while names and not names[-1].strip():
        names.pop()
    if not names:
        raise BadFile(
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
        raise BadFile(
            f"{path} does not unpack to its end as gzip: {error}. Download it again with force."
        ) from error


def _endless(path: Path) -> BadFile:
    return BadFile(
        f"{path} has a line that is longer than {BLOCK_BYTES:,} bytes. "
        "Expected a CSV file with a line for each trip, ended by LF or CR LF."
    )


def _opened(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb"))

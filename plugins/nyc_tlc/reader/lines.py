"""A CSV file, plain or gzip, as blocks of whole lines; one block is all that is in memory.

A row is a physical line: no field runs across a line end in any file of the TLC, so a quote that
does is a damaged line. Lines end in LF or CR LF, mixed as they come. Blank lines are not rows, and
neither are repetitions of the header.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from nyc_tlc.errors import BadFile

BLOCK_BYTES = 1 << 20
UTF8_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Block:
    """Whole lines; ``first_line`` is the physical line of the first of them, from 1."""

    first_line: int
    data: bytes

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
    line, rest = 1, b""
    for chunk in _chunks(path):
        whole, end, rest = (rest + chunk).rpartition(b"\n")
        if end:
            block = _block(line, whole + end)
            line += block.data.count(b"\n")
            yield block
        _refuse_endless(path, line, rest)
    if rest:
        yield _block(line, rest)


def _refuse_endless(path: Path, line: int, rest: bytes) -> None:
    """Also a file without any line end must not end up in memory."""
    if len(rest) > BLOCK_BYTES:
        raise BadFile(
            f"Line {line:,} of {path} is longer than {BLOCK_BYTES:,} bytes. "
            "Expected a CSV file with a line for each trip."
        )


def _block(line: int, data: bytes) -> Block:
    return Block(line, data.removeprefix(UTF8_MARK) if line == 1 else data)


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with _opened(path) as file:
            while chunk := file.read(BLOCK_BYTES):
                yield chunk
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BadFile(
            f"{path} does not unpack to its end as gzip: {error}. Download it again with force."
        ) from error


def _opened(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb"))

"""The pages of a Parquet file: what they unpack to, and their checksums, without unpacking one.

The footer is only what the writer claims. Each page begins with a header in Thrift's compact protocol, whose
size a reader allocates: https://github.com/apache/parquet-format (PageHeader).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from nyc_tlc.core.errors import BadFileError, DamagedPageError
from nyc_tlc.core.landing.unpacked import Unpacked

if TYPE_CHECKING:
    import pyarrow.parquet as pq

MOST_FOOTER = 16 << 20
MOST_PAGE = 128 << 20
HEADER_BYTES = (1 << 9, 1 << 20)
READ_BYTES = 1 << 20
SMALLEST_VALUE = 8
DEEPEST = 16


@dataclass(frozen=True)
class Page:
    """Where a page's data is, and what its header says: sizes in bytes, and a checksum if there is one."""

    start: int
    unpacked: int
    size: int
    crc: int | None


def require_small_footer(path: Path, url: str) -> None:
    """Raises BadFileError where a footer is too large to be read into memory."""
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - 8, 0))
        size = int.from_bytes(file.read(4), "little")
    if MOST_FOOTER < size < path.stat().st_size:
        raise BadFileError(
            f"{url} has a Parquet footer of {size:,} bytes. Expected at most {MOST_FOOTER:,}. Nothing was "
            "kept."
        )


def check_pages(path: Path, metadata: pq.FileMetaData, url: str) -> None:
    """Raises FileTooLargeError, or DamagedPageError for a page that is too large or fails its checksum."""
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    rows = sum(group.num_rows for group in groups)
    if rows != metadata.num_rows:
        raise DamagedPageError(
            f"{url} has {metadata.num_rows:,} rows by its footer, but {rows:,} by its row groups. Nothing "
            "was kept. Download it again with force."
        )
    # One page can repeat a value millions of times.
    Unpacked(url).add(rows * metadata.num_columns * SMALLEST_VALUE)
    unpacked = Unpacked(url)
    with path.open("rb") as file:
        for group in filter(lambda group: group.num_rows, groups):
            for column in range(group.num_columns):
                for page in _pages(file, group.column(column), url):
                    unpacked.add(page.unpacked + 1)
                    _require_whole(file, page, url)


def _pages(file: BinaryIO, chunk: pq.ColumnChunkMetaData, url: str) -> Iterator[Page]:
    start = chunk.data_page_offset
    if chunk.dictionary_page_offset:
        start = min(start, chunk.dictionary_page_offset)
    end = start + chunk.total_compressed_size
    while start < end:
        page = _page(file, start, url)
        if page.unpacked > MOST_PAGE or not 0 <= page.size <= end - page.start:
            raise DamagedPageError(
                f"{url} has a page of {page.size:,} bytes at byte {start:,} that unpacks to "
                f"{page.unpacked:,}. Expected a page inside its column that unpacks to at most "
                f"{MOST_PAGE:,}. Nothing was kept. Download it again with force."
            )
        yield page
        start = page.start + page.size


def _page(file: BinaryIO, start: int, url: str) -> Page:
    for size in HEADER_BYTES:
        file.seek(start)
        header = _Thrift(file.read(size))
        try:
            numbers = dict(header.numbers())
            return Page(start + header.at, numbers[2], numbers[3], numbers.get(4))
        except (IndexError, KeyError, ValueError):
            continue
    raise DamagedPageError(
        f"{url} has no page header at byte {start:,}, where its footer says that a page begins. Nothing "
        "was kept. Download it again with force."
    )


def _require_whole(file: BinaryIO, page: Page, url: str) -> None:
    """Compares a page with its checksum, if it has one; the TLC's own files have none."""
    if page.crc is None:
        return
    found, rest = 0, page.size
    file.seek(page.start)
    while rest and (data := file.read(min(rest, READ_BYTES))):
        found = zlib.crc32(data, found)
        rest -= len(data)
    if rest or found != page.crc & 0xFFFFFFFF:
        raise DamagedPageError(
            f"{url} has a damaged page at byte {page.start:,}: its checksum is {found:08x}, expected "
            f"{page.crc & 0xFFFFFFFF:08x}. Nothing was kept. Download it again with force."
        )


class _Thrift:
    """One struct of Thrift's compact protocol; IndexError where the bytes end too early."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def numbers(self, depth: int = 0) -> Iterator[tuple[int, int]]:
        """The integer fields of the struct that begins here, by their ids; the rest is skipped."""
        field = 0
        while byte := self._byte():
            kind, step = byte & 15, byte >> 4
            field = field + step if step else self._zigzag()
            if kind in (4, 5, 6):
                yield field, self._zigzag()
            else:
                self._skip(kind, depth)

    def _skip(self, kind: int, depth: int) -> None:
        if depth > DEEPEST:
            raise ValueError
        if kind in (1, 2):
            return
        if kind in (3, 7):
            self.at += 1 if kind == 3 else 8
        elif kind == 8:
            size = self._varint()
            self.at += size
        elif kind == 12:
            for _ in self.numbers(depth + 1):
                pass
        else:
            raise ValueError

    def _byte(self) -> int:
        byte = self._data[self.at]
        self.at += 1
        return byte

    def _varint(self) -> int:
        number = shift = 0
        while True:
            byte = self._byte()
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return number
            if shift > 63:
                raise ValueError

    def _zigzag(self) -> int:
        number = self._varint()
        return (number >> 1) ^ -(number & 1)

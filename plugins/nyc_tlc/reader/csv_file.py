"""A CSV file as canonical rows: blocks of lines, read side by side, handed on in the file's order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nyc_tlc.contract import Contract, match_columns
from nyc_tlc.reader.csv_block import BlockReader
from nyc_tlc.reader.layout import Layout
from nyc_tlc.reader.lines import blocks, read_header
from nyc_tlc.reader.parallel import in_order
from nyc_tlc.reader.rejects import Reject, contract_error

if TYPE_CHECKING:
    import pyarrow as pa


class CsvTrips:
    """See :class:`nyc_tlc.reader.TripReader`."""

    def __init__(self, path: Path, contract: Contract) -> None:
        self._path = path
        self._header, self._names = read_header(path)
        self.match = match_columns(contract, self._names)
        self.layout = Layout.of(contract, self.match, ["VARCHAR"] * len(self._names))

    def batches(self) -> Iterator[pa.RecordBatch]:
        for rows, rejects in self._parts():
            if rejects:
                raise contract_error(self._path.name, self.layout.contract.taxi, rejects)
            yield rows

    def readable_batches(self) -> Iterator[pa.RecordBatch]:
        return (rows for rows, _ in self._parts())

    def rejects(self) -> Iterator[Reject]:
        for _, rejects in self._parts():
            yield from rejects

    def _parts(self) -> Iterator[tuple[pa.RecordBatch, list[Reject]]]:
        """Readable rows and rejects of each block; the first has the header, so there is one."""
        reader = BlockReader(self.layout, self._header, self._names)
        return in_order(reader.read, blocks(self._path))

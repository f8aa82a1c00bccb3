"""One downloaded file, read with its taxi's contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nyc_tlc.core.contract.matching import ColumnMatch
from nyc_tlc.core.contract.model import Column, Contract
from nyc_tlc.core.reader.csv_file import CsvTrips
from nyc_tlc.core.reader.parquet import ParquetTrips
from nyc_tlc.core.reader.rejects import Reject

if TYPE_CHECKING:
    import pyarrow as pa


class TripReader:
    """Canonical rows of a Parquet, ``.csv`` or ``.csv.gz`` file, in the file's order.

    ``unique_row_id`` comes first, then the columns that the file has. Memory does not grow with the
    file. A value that casts.py or lines.py cannot read is never guessed: :meth:`batches` refuses the
    file; :meth:`readable_batches` and :meth:`rejects` together return all its rows.
    """

    def __init__(self, path: Path, contract: Contract) -> None:
        kind = ParquetTrips if path.suffix == ".parquet" else CsvTrips
        self._file: ParquetTrips | CsvTrips = kind(path, contract)

    @property
    def match(self) -> ColumnMatch:
        return self._file.match

    @property
    def columns(self) -> tuple[Column, ...]:
        """The contract's columns that this file has, in the contract's order."""
        return self._file.layout.columns

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Stream every row: at least one batch, an empty one if the file has no rows.

        Raises ContractError with the first unreadable rows, after the batches before them;
        BadFileError if the file is damaged.
        """
        return self._file.batches()

    def readable_batches(self) -> Iterator[pa.RecordBatch]:
        """Stream the readable rows only."""
        return self._file.readable_batches()

    def rejects(self) -> Iterator[Reject]:
        """The unreadable rows, in the file's order. Reads the whole file again."""
        return self._file.rejects()

"""A Parquet file as canonical rows: DuckDB reads it and returns Arrow batches."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nyc_tlc.core.contract.matching import match_columns
from nyc_tlc.core.contract.model import Contract
from nyc_tlc.core.errors import BadFileError, TlcError
from nyc_tlc.core.reader.engine import batches_of, connect
from nyc_tlc.core.reader.layout import Layout
from nyc_tlc.core.reader.rejects import NAMED_REJECTS, Reject, contract_error, unreadable_value

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

REJECTS_AT_ONCE = 1024


class ParquetTrips:
    """See :class:`nyc_tlc.core.reader.trips.TripReader`."""

    def __init__(self, path: Path, contract: Contract) -> None:
        self._path = path
        self._params = {"path": str(path)}
        self._names, types = self._describe()
        self.match = match_columns(contract, self._names)
        self.layout = Layout.of(contract, self.match, types)

    def batches(self) -> Iterator[pa.RecordBatch]:
        import duckdb

        layout = self.layout
        query = f"SELECT {layout.fingerprint} AS unique_row_id, {layout.values} FROM {self._rows}"
        try:
            yield from batches_of(self._run(query))
        except (duckdb.Error, OSError) as error:  # OSError after the first rows
            raise self._explained(error) from error

    def readable_batches(self) -> Iterator[pa.RecordBatch]:
        layout = self.layout
        query = (
            f"SELECT {layout.fingerprint} AS unique_row_id, {layout.readable_values} "
            f"FROM {self._rows} WHERE {layout.readable}"
        )
        return batches_of(self._run(query))

    def rejects(self) -> Iterator[Reject]:
        query = (
            f"SELECT line + 1, {self.layout.first_unreadable}, {self._columns} "
            f"FROM {self._numbered_rows} WHERE NOT ({self.layout.readable})"
        )
        for batch in self._run(query).to_arrow_reader(REJECTS_AT_ONCE):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                yield self._reject(*row)

    def _reject(self, line: int, place: int, *values: Any) -> Reject:
        raw = json.dumps(dict(zip(self._names, values, strict=True)), default=str)
        return unreadable_value(self.layout, self._names, place, line, values, raw)

    def _explained(self, error: Exception) -> TlcError:
        """The query failed because of unreadable values, or because the file itself is damaged."""
        import duckdb

        try:
            rejects = list(islice(self.rejects(), NAMED_REJECTS))
        except (duckdb.Error, OSError):
            rejects = []
        if rejects:
            return contract_error(self._path.name, self.layout.contract.taxi, rejects)
        return self._damaged(error)

    def _describe(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names and types of the file's columns."""
        import duckdb

        try:
            described = self._run("SELECT * FROM read_parquet($path) LIMIT 0")
        except duckdb.Error as error:
            raise BadFileError(f"{self._path} cannot be opened as Parquet: {error}") from error
        return tuple(described.columns), tuple(str(kind) for kind in described.types)

    def _run(self, query: str) -> duckdb.DuckDBPyRelation:
        return connect().sql(query, params=self._params)

    def _damaged(self, error: Exception) -> BadFileError:
        return BadFileError(
            f"{self._path} is Parquet, but part of it cannot be read: {error}. "
            "Download it again with force."
        )

    @property
    def _columns(self) -> str:
        """Generated column names; the names from the file never reach a query."""
        return ", ".join(f"c{i}" for i in range(len(self._names)))

    @property
    def _rows(self) -> str:
        return f"read_parquet($path) AS f({self._columns})"

    @property
    def _numbered_rows(self) -> str:
        return f"read_parquet($path, file_row_number = true) AS f({self._columns}, line)"

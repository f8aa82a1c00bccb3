"""A Parquet file as canonical rows: DuckDB reads it; a file with unreadable rows is read again row by row.

DuckDB stops at values that it cannot represent, without saying in which row. Such a file is read again by
Arrow, in batches (see parquet_rows.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from nyc_tlc.core.contract.matching import match_columns
from nyc_tlc.core.contract.model import Contract
from nyc_tlc.core.errors import BadFileError, TlcError
from nyc_tlc.core.reader.engine import batches_of, connect
from nyc_tlc.core.reader.layout import Layout
from nyc_tlc.core.reader.parquet_rows import ParquetRows
from nyc_tlc.core.reader.rejects import NAMED_REJECTS, Reject, contract_error

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


class ParquetTrips:
    """See :class:`nyc_tlc.core.reader.trips.TripReader`."""

    def __init__(self, path: Path, contract: Contract) -> None:
        self._path = path
        self._params = {"path": literal_path(path)}
        self._database = connect()
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
        return (rows for rows, _ in self._parts())

    def rejects(self) -> Iterator[Reject]:
        for _, rejects in self._parts():
            yield from rejects

    def _parts(self) -> Iterator[tuple[pa.RecordBatch, list[Reject]]]:
        """Readable rows and rejects of each batch."""
        import duckdb
        import pyarrow as pa

        try:
            yield from ParquetRows(self._path, self.layout, self.match, self._names).parts()
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            raise self._damaged(error) from error

    def _explained(self, error: Exception) -> TlcError:
        """The query failed because of unreadable values, or because the file itself is damaged."""
        try:
            rejects = list(islice(self.rejects(), NAMED_REJECTS))
        except BadFileError:
            rejects = []
        if rejects:
            return contract_error(self._path.name, self.layout.contract.taxi, rejects)
        return self._damaged(error)

    def _describe(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names and types of the file's columns. DuckDB renames columns that differ only in case, so
        the names are those of the file's schema.
        """
        import duckdb

        try:
            types = self._run(f"SELECT * FROM {self._source} LIMIT 0").types
            schema = self._run("SELECT name, num_children FROM parquet_schema($path)").fetchall()
        except duckdb.Error as error:
            raise BadFileError(f"{self._path} cannot be opened as Parquet: {error}") from error
        return tuple(_top_level(schema)), tuple(str(kind) for kind in types)

    def _run(self, query: str) -> duckdb.DuckDBPyRelation:
        return self._database.cursor().sql(query, params=self._params)

    def _damaged(self, error: Exception) -> BadFileError:
        return BadFileError(
            f"{self._path} is Parquet, but part of it cannot be read: {error}. "
            "Download it again with force."
        )

    @property
    def _source(self) -> str:
        """Folders such as ``VendorID=9`` in the path are not columns."""
        return "read_parquet($path, hive_partitioning = false)"

    @property
    def _rows(self) -> str:
        """Generated column names; the names from the file never reach a query."""
        columns = ", ".join(f"c{i}" for i in range(len(self._names)))
        return f"{self._source} AS f({columns})"


def literal_path(path: Path) -> str:
    """A path in which DuckDB's ``read_parquet`` finds no pattern."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(path))


def _top_level(schema: list[tuple[str, int | None]]) -> Iterator[str]:
    """The names of the columns in a schema, which lists the root, then each element before its children."""
    inside = 0
    for name, children in schema[1:]:
        if inside == 0:
            yield name
        else:
            inside -= 1
        inside += children or 0

"""A CSV file as canonical rows: block by block, in types at once or line by line, then DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nyc_tlc.contract import Contract, match_columns
from nyc_tlc.errors import TlcError
from nyc_tlc.reader.engine import arrow_schema, batches_of, connect, one_batch
from nyc_tlc.reader.fingerprint import fingerprint_sql
from nyc_tlc.reader.layout import Layout
from nyc_tlc.reader.lines import Block, blocks, read_header
from nyc_tlc.reader.rejects import Reject, contract_error, unreadable_value
from nyc_tlc.reader.split import split_lines
from nyc_tlc.reader.typed import TypedBlocks
from nyc_tlc.reader.words import NotSure

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


class CsvTrips:
    """See :class:`nyc_tlc.reader.TripReader`."""

    def __init__(self, path: Path, contract: Contract) -> None:
        self._path = path
        self._header, self._names = read_header(path)
        self.match = match_columns(contract, self._names)
        self.layout = Layout.of(contract, self.match, ["VARCHAR"] * len(self._names))

    def batches(self) -> Iterator[pa.RecordBatch]:
        return self._with_id(self._sound_parts())

    def readable_batches(self) -> Iterator[pa.RecordBatch]:
        return self._with_id(rows for rows, _ in self._parts())

    def rejects(self) -> Iterator[Reject]:
        for _, rejects in self._parts():
            yield from rejects

    def _with_id(self, parts: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Stream canonical rows through DuckDB, which adds their unique_row_id.

        An error of ours comes out of DuckDB as one of its own, so it is kept aside.
        """
        import duckdb
        import pyarrow as pa

        failures: list[TlcError] = []
        names = [column.name for column in self.layout.columns]
        trips = pa.RecordBatchReader.from_batches(
            arrow_schema(self.layout.columns), _keep_failure(parts, failures)
        )
        unique_row_id = fingerprint_sql(self.layout.contract, {name: name for name in names})
        connection = connect()
        connection.register("trips", trips)
        query = f"SELECT {unique_row_id} AS unique_row_id, {', '.join(names)} FROM trips"
        try:
            yield from batches_of(connection.sql(query))
        except (duckdb.Error, pa.ArrowException, OSError):
            if failures:
                raise failures[0] from None
            raise

    def _sound_parts(self) -> Iterator[pa.RecordBatch]:
        for rows, rejects in self._parts():
            if rejects:
                raise contract_error(self._path.name, self.layout.contract.taxi, rejects)
            yield rows

    def _parts(self) -> Iterator[tuple[pa.RecordBatch, list[Reject]]]:
        """Readable rows and rejects of each block."""
        typed = TypedBlocks(self.layout, self._header, len(self._names))
        for block in blocks(self._path):
            try:
                yield typed.read(block), []
            except NotSure:
                yield self._line_by_line(block)

    def _line_by_line(self, block: Block) -> tuple[pa.RecordBatch, list[Reject]]:
        lines, rejects = split_lines(block, self._header, len(self._names))
        readable, values = self.layout.readable, self.layout.readable_values
        rows = self._query(lines, f"SELECT {values} FROM lines WHERE {readable}").to_arrow_table()
        if len(rows) < len(lines):
            query = f"SELECT {self.layout.first_unreadable}, * FROM lines WHERE NOT ({readable})"
            rejects += [self._reject(*row) for row in self._query(lines, query).fetchall()]
        return one_batch(rows), sorted(rejects, key=lambda reject: reject.line)

    def _query(self, lines: pa.Table, query: str) -> duckdb.DuckDBPyRelation:
        self._connection.register("lines", lines)
        return self._connection.sql(query)

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        return connect()

    def _reject(self, place: int, line: int, raw: str, *values: Any) -> Reject:
        return unreadable_value(self.layout, self._names, place, line, values, raw)


def _keep_failure(
    parts: Iterator[pa.RecordBatch], failures: list[TlcError]
) -> Iterator[pa.RecordBatch]:
    try:
        yield from parts
    except TlcError as error:
        failures.append(error)
        raise

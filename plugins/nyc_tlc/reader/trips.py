"""One landed file, read by its taxi's contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nyc_tlc.contract import Column, ColumnMatch, ColumnType, Contract, match_columns
from nyc_tlc.errors import ContractError
from nyc_tlc.reader.casts import Cast, cast_to
from nyc_tlc.reader.fingerprint import fingerprint_sql
from nyc_tlc.reader.source import SourceTable, open_source

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

BATCH_ROWS = 32_768
MEMORY_LIMIT = "256MB"


@dataclass(frozen=True)
class Unreadable:
    """A value that its column's type cannot hold: file's row (0-based) and column, and the value."""

    row: int
    column: str
    value: str


class TripReader:
    """Canonical rows of a file: ``unique_row_id`` first, then the columns the file has.

    Memory is bounded by ``BATCH_ROWS`` and DuckDB's own limit, whatever the size of the file.
    """

    def __init__(self, path: Path, contract: Contract) -> None:
        self._connection = _connect()
        self._path = path
        self._contract = contract
        self._source = open_source(self._connection, path)
        self.match: ColumnMatch = match_columns(contract, self._source.names)
        self._casts = dict(self._cast_columns())

    @property
    def columns(self) -> tuple[Column, ...]:
        """The contract's columns that this file has, in the contract's order."""
        return tuple(column for column in self._contract.columns if column.name in self._casts)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Stream the rows, at least one batch of them (an empty one where the file has no row).

        Raises ContractError naming the first values that cannot be read.
        """
        import duckdb
        import pyarrow as pa

        query = f"SELECT {self._select()} FROM {self._source.sql}"
        try:
            relation = self._connection.sql(query, params=self._source.params)
            arrow = relation.to_arrow_reader(BATCH_ROWS)
            yield pa.RecordBatch.from_pylist([], schema=arrow.schema)
            yield from arrow
        except (duckdb.ConversionException, duckdb.InvalidInputException) as error:
            raise self._contract_error(error) from error

    def unreadable(self, limit: int) -> list[Unreadable]:
        """The first values, column by column, that the contract's types cannot hold."""
        found: list[Unreadable] = []
        for column in self.columns:
            if len(found) < limit and self._casts[column.name].readable:
                found += self._unreadable_in(column, limit - len(found))
        return found

    def _unreadable_in(self, column: Column, limit: int) -> list[Unreadable]:
        position = self.match.positions[column.name][0]
        query = (
            f"SELECT row, value FROM (SELECT row_number() OVER () - 1 AS row, c{position}::VARCHAR"
            f" AS value, {self._casts[column.name].readable} AS readable FROM {self._source.sql})"
            f" WHERE NOT readable LIMIT {limit:d}"
        )
        rows = _connect().sql(query, params=self._source.params).fetchall()
        return [Unreadable(row, self._source.names[position], value) for row, value in rows]

    def _contract_error(self, error: Exception) -> ContractError:
        named = [
            f"row {bad.row:,} has {bad.column} = {bad.value!r}" for bad in self.unreadable(limit=5)
        ]
        return ContractError(
            f"{self._path.name} has values that its contract cannot hold: "
            f"{'; '.join(named) or error}. Nothing was loaded. Expected types are in "
            f"contract/{self._contract.taxi}.toml."
        )

    def _select(self) -> str:
        values = {name: cast.value for name, cast in self._casts.items()}
        canonical = [f"{values[column.name]} AS {column.name}" for column in self.columns]
        cheap = {name: cast.cheap for name, cast in self._casts.items()}
        return f"{fingerprint_sql(self._contract, cheap)} AS unique_row_id, {', '.join(canonical)}"

    def _cast_columns(self) -> Iterator[tuple[str, Cast]]:
        for column in self._contract.columns:
            sources = _typed_sources(self._source, self.match.positions.get(column.name, ()))
            if not sources:
                continue
            kind, expr = sources[0]
            if column.words and kind == "VARCHAR":
                yield column.name, _code(column.words, expr)
                assert column.word_column is not None
                yield column.word_column, _word(expr)
            else:
                yield column.name, _merge_sources(column.type, sources)


def _typed_sources(source: SourceTable, positions: tuple[int, ...]) -> list[tuple[str, str]]:
    """DuckDB type and expression of each; a column of type NULL says nothing, so it is left out."""
    typed = [(source.types[i], f"c{i}") for i in positions]
    return [(kind, expr) for kind, expr in typed if kind.strip('"') != "NULL"]


def _merge_sources(target: ColumnType, sources: list[tuple[str, str]]) -> Cast:
    """Several columns for one (fhv of 2018): the first that is not NULL; different ones are unreadable."""
    casts = [cast_to(target, kind, expr) for kind, expr in sources]
    if len(casts) == 1:
        return casts[0]
    value = f"coalesce({', '.join(cast.value for cast in casts)})"
    tests = [cast.readable for cast in casts if cast.readable]
    tests += [f"coalesce({casts[0].value} = {other.value}, true)" for other in casts[1:]]
    agreed = " AND ".join(tests)
    return Cast(f"CASE WHEN {agreed} THEN {value} ELSE error('unreadable') END", f"({agreed})")


def _code(words: Mapping[str, int], expr: str) -> Cast:
    """The number in a text, or the code of its word; NULL for a word without a code."""
    number = f"try_cast(trim({expr}) AS DOUBLE)"
    whole = f"{number} = trunc({number}) AND abs({number}) < 2147483648"
    known = " ".join(f"WHEN {_literal(word)} THEN {code:d}" for word, code in words.items())
    value = (
        f"CASE WHEN {whole} THEN {number}::INTEGER WHEN {number} IS NOT NULL THEN error('unreadable')"
        f" ELSE CASE lower(trim({expr})) {known} END END"
    )
    return Cast(value, f"coalesce({whole}, true)")


def _word(expr: str) -> Cast:
    return Cast(f"CASE WHEN try_cast(trim({expr}) AS DOUBLE) IS NULL THEN {expr} END")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _connect() -> duckdb.DuckDBPyConnection:
    import duckdb

    return duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "threads": 2})

"""Stage: one file's rows into a table of this run alone, by binary COPY."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from nyc_tlc.errors import DiskFull, RowCountMismatch, StagingMissing
from nyc_tlc.postgres.prefetch import prefetch
from nyc_tlc.postgres.server_errors import named_server_errors
from nyc_tlc.postgres.tables import (
    Table,
    column_types,
    definitions,
    ensure_schema,
    exists,
    staged_columns,
)
from nyc_tlc.progress import Progress, rows
from nyc_tlc.reader import TripReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import pyarrow as pa
    from psycopg import Connection

    from nyc_tlc.catalog import TripFile
    from nyc_tlc.contract import Contract
    from nyc_tlc.landing import LandedFile

log = logging.getLogger(__name__)

STAGING_SCHEMA = "staging"


@dataclass(frozen=True)
class StagedTable:
    """What was staged: where, how many rows, and how the file's columns met the contract."""

    schema: str
    name: str
    rows: int
    columns: list[str]
    unknown_columns: list[str]
    column_fingerprint: str

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> StagedTable:
        return cls(**values)

    @property
    def table(self) -> Table:
        return Table(self.schema, self.name)


@named_server_errors("stage")
def stage(
    connection: Connection[Any],
    table: Table,
    file: TripFile,
    landed: LandedFile,
    contract: Contract,
    path: Path,
) -> StagedTable:
    """Fill ``table`` with the rows of the file at ``path``, in one transaction.

    A table left by an earlier try of the same run is replaced. Raises ContractError for values
    that cannot be read, RowCountMismatch where the file has another number of rows than landing
    counted, DiskFull where the server's disk is full, WarehouseUnreachable where it breaks off;
    nothing stays behind then.
    """
    reader = TripReader(path, contract)
    if reader.match.unknown:
        log.warning(
            "%s has columns that the contract does not know; they are not loaded: %s. "
            "Add them to contract/%s.toml.",
            path.name, [name or "(no name)" for name in reader.match.unknown], contract.taxi,
        )  # fmt: skip
    names = staged_columns(reader.columns)
    ensure_schema(connection, table.schema)
    with connection.transaction(), _named_disk_full(landed):
        _create(connection, table, file, contract)
        copied = _copy(connection, table, names, reader.batches(), landed.rows)
        _add_filename(connection, table, path.name)
        if copied != landed.rows:
            raise RowCountMismatch(
                f"{path.name} has {landed.rows:,} rows as counted in landing, but {copied:,} were "
                "read from it. Nothing was staged. Download it again with force."
            )
    return StagedTable(
        schema=table.schema,
        name=table.name,
        rows=copied,
        columns=[column.name for column in reader.columns],
        unknown_columns=list(reader.match.unknown),
        column_fingerprint=reader.match.fingerprint,
    )


def require_staging(connection: Connection[Any], table: Table) -> None:
    """Raise StagingMissing where a run's staging table is gone before its time."""
    if not exists(connection, table):
        raise StagingMissing(
            f"{table} is gone before it was merged. Expected the table that this run's stage task "
            "filled. Clear the stage task, so that it and what follows run again."
        )


def drop_staging(connection: Connection[Any], table: Table) -> None:
    """Drop a run's staging table, if it is still there."""
    with connection.transaction():
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(table.identifier))


def _create(connection: Connection[Any], table: Table, file: TripFile, contract: Contract) -> None:
    """The CHECK lets the merge attach the table as a partition without reading it."""
    types = column_types(contract)
    types.pop("filename")
    month = sql.Literal(file.month.first_day)
    connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(table.identifier))
    connection.execute(
        sql.SQL("CREATE TABLE {} ({}, CHECK (file_month IS NOT NULL AND file_month = {}))").format(
            table.identifier, definitions(types.items()), month
        )
    )
    connection.execute(
        sql.SQL(
            "ALTER TABLE {} ALTER file_month SET DEFAULT {}, ALTER file_month SET NOT NULL,"
            " ALTER unique_row_id SET NOT NULL"
        ).format(table.identifier, month)
    )


def _add_filename(connection: Connection[Any], table: Table, filename: str) -> None:
    """A constant added after the COPY is kept once for the table: it costs nothing per row."""
    connection.execute(
        sql.SQL(
            "ALTER TABLE {} ADD filename text NOT NULL DEFAULT {}, ALTER file_month DROP DEFAULT"
        ).format(table.identifier, sql.Literal(filename))
    )
    connection.execute(
        sql.SQL("ALTER TABLE {} ALTER filename DROP DEFAULT").format(table.identifier)
    )


def _copy(
    connection: Connection[Any],
    table: Table,
    names: Iterable[str],
    batches: Iterator[pa.RecordBatch],
    expected: int,
) -> int:
    """Send the batches, encoded in a thread of their own while the last ones are on their way.

    FREEZE spares the table a later rewrite; Postgres takes it only from who created the table in
    the same transaction, as here.
    """
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    copy = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary, FREEZE)").format(
        table.identifier, columns
    )
    progress = Progress(log, f"staging {table.name}", expected, rows)
    with connection.cursor() as cursor, cursor.copy(copy) as stream:
        for data, count in prefetch(_encoded(batches)):
            stream.write(data)
            progress.add(count)
    progress.finish()
    return progress.done


def _encoded(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[bytes, int]]:
    """Batches in Postgres's binary COPY format, each with its number of rows."""
    from pgpq import ArrowToPostgresBinaryEncoder

    encoder = None
    for batch in batches:
        if encoder is None:
            encoder = ArrowToPostgresBinaryEncoder(batch.schema)
            yield encoder.write_header(), 0
        yield encoder.write_batch(batch), batch.num_rows
    if encoder is not None:
        yield encoder.finish(), 0


@contextmanager
def _named_disk_full(landed: LandedFile) -> Iterator[None]:
    try:
        yield
    except psycopg.errors.DiskFull as error:
        raise DiskFull(
            f"The warehouse's disk is full while staging {landed.name} ({landed.rows:,} rows, "
            f"{landed.bytes:,} bytes as a file; in Postgres allow 170 bytes a row, "
            f"{landed.rows * 170:,} bytes): {error}. Nothing was staged. Free some space there."
        ) from error

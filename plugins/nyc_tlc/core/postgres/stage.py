"""Stage: one file's rows into a table of this run alone, by binary COPY."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from nyc_tlc.core.errors import (
    ContractError,
    DiskFullError,
    RowCountMismatchError,
    StagingMissingError,
)
from nyc_tlc.core.loads import StagedMonth
from nyc_tlc.core.postgres.copy import copy_batches
from nyc_tlc.core.postgres.rejects import forget_rejects, record_rejects
from nyc_tlc.core.postgres.server_errors import named_server_errors
from nyc_tlc.core.postgres.tables import (
    PostgresTable,
    column_types,
    definitions,
    ensure_schema,
    exists,
    staged_columns,
)
from nyc_tlc.core.reader.rejects import too_many
from nyc_tlc.core.reader.trips import TripReader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from psycopg import Connection

    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.contract.model import Contract
    from nyc_tlc.core.landing.landed import LandedFile

log = logging.getLogger(__name__)


@named_server_errors("stage")
def stage(
    connection: Connection[Any],
    table: PostgresTable,
    file: TripFile,
    landed: LandedFile,
    contract: Contract,
    path: Path,
    rejects_schema: str = "public",
    max_rejects: int = 0,
) -> StagedMonth:
    """Fill ``table`` with the rows of the file at ``path``, in one transaction.

    A table left by an earlier try of the same run is replaced. Rows that cannot be read go to
    ``tlc_reject``; more than ``max_rejects`` of them raise ContractError. Raises RowCountMismatchError
    where the file has another number of rows than landing counted, DiskFullError where the server's
    disk is full, WarehouseUnreachableError where it breaks off; nothing is staged then.
    """
    reader = TripReader(path, contract)
    _warn_of_unknown(reader, contract, path)
    ensure_schema(connection, table.schema)
    try:
        rows, rejected = _fill(connection, table, file, landed, contract, reader, 0), 0
        forget_rejects(connection, rejects_schema, file)
    except ContractError as error:
        rejected = record_rejects(connection, rejects_schema, file, path.name, reader.rejects())
        if rejected > max_rejects:
            where = f"{rejects_schema}.tlc_reject"
            raise too_many(error, rejected, max_rejects, where) from error
        rows = _fill(connection, table, file, landed, contract, reader, rejected)
    return StagedMonth(
        schema=table.schema,
        name=table.name,
        rows=rows,
        rejected=rejected,
        columns=[column.name for column in reader.columns],
        unknown_columns=list(reader.match.unknown),
        column_fingerprint=reader.match.fingerprint,
    )


def _fill(
    connection: Connection[Any],
    table: PostgresTable,
    file: TripFile,
    landed: LandedFile,
    contract: Contract,
    reader: TripReader,
    rejected: int,
) -> int:
    """Create the table and COPY the rows into it; they and the rejected ones must be all."""
    batches = reader.readable_batches() if rejected else reader.batches()
    names = staged_columns(reader.columns)
    with connection.transaction(), _named_disk_full(landed):
        _create(connection, table, file, contract)
        copied = copy_batches(connection, table, names, batches, landed.rows)
        _add_filename(connection, table, landed.name)
        if copied + rejected != landed.rows:
            raise RowCountMismatchError(
                f"{landed.name} has {landed.rows:,} rows as counted in landing, but {copied:,} "
                f"were read from it and {rejected:,} rejected. Nothing was staged. Download it "
                "again with force."
            )
    return copied


def _warn_of_unknown(reader: TripReader, contract: Contract, path: Path) -> None:
    if reader.match.unknown:
        log.warning(
            "%s has columns that the contract does not know; they are not loaded: %s. "
            "Add them to contract/%s.toml.",
            path.name, [name or "(no name)" for name in reader.match.unknown], contract.taxi,
        )  # fmt: skip


def staging_table(staged: StagedMonth) -> PostgresTable:
    return PostgresTable(staged.schema, staged.name)


def require_staging(connection: Connection[Any], table: PostgresTable) -> None:
    """Raise StagingMissingError where a run's staging table is gone before its time."""
    if not exists(connection, table):
        raise StagingMissingError(
            f"{table} does not exist. Expected the staging table that this run's stage task filled. "
            "Clear the stage task, so that it and the tasks after it run again."
        )


def drop_staging(connection: Connection[Any], table: PostgresTable) -> None:
    """Drop a run's staging table, if it is still there."""
    with connection.transaction():
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(table.identifier))


def _create(
    connection: Connection[Any], table: PostgresTable, file: TripFile, contract: Contract
) -> None:
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


def _add_filename(connection: Connection[Any], table: PostgresTable, filename: str) -> None:
    """A constant added after the COPY is kept once for the table: it costs nothing per row."""
    connection.execute(
        sql.SQL(
            "ALTER TABLE {} ADD filename text NOT NULL DEFAULT {}, ALTER file_month DROP DEFAULT"
        ).format(table.identifier, sql.Literal(filename))
    )
    connection.execute(
        sql.SQL("ALTER TABLE {} ALTER filename DROP DEFAULT").format(table.identifier)
    )


@contextmanager
def _named_disk_full(landed: LandedFile) -> Iterator[None]:
    try:
        yield
    except psycopg.errors.DiskFull as error:
        raise DiskFullError(
            f"The warehouse's disk is full while staging {landed.name} ({landed.rows:,} rows, "
            f"{landed.bytes:,} bytes as a file; in Postgres allow 170 bytes a row, "
            f"{landed.rows * 170:,} bytes): {error.diag.message_primary}. Nothing was staged. Free "
            "some space there."
        ) from error

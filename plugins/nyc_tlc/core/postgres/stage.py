"""Stage: loads a file's rows into a table that only this run uses, by binary COPY.

Each run has its own table, so months load in parallel without waiting for one another.
"""

from __future__ import annotations

import datetime as dt
import logging
from contextlib import closing, contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from nyc_tlc.core.errors import (
    ContractError,
    DiskFullError,
    RowCountMismatchError,
    StagingMissingError,
    TableBusyError,
)
from nyc_tlc.core.loads import StagedMonth
from nyc_tlc.core.postgres.copy import copy_batches
from nyc_tlc.core.postgres.rejects import forget_rejects, record_rejects
from nyc_tlc.core.postgres.server_errors import named_server_errors
from nyc_tlc.core.postgres.tables import (
    CREATED_MEANWHILE,
    PostgresTable,
    column_types,
    definitions,
    ensure_schema,
    exists,
    staged_columns,
)
from nyc_tlc.core.postgres.tally import Tally
from nyc_tlc.core.reader.rejects import BadRows, too_many
from nyc_tlc.core.reader.trips import TripReader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from psycopg import Connection

    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.contract.model import Contract
    from nyc_tlc.core.landing.landed import LandedFile

log = logging.getLogger(__name__)

END_MILLISECONDS = 10_000


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

    A table from an earlier try of the same run is replaced. Unreadable rows go to ``tlc_reject``. If an
    error is raised, nothing is staged:

    - ContractError: more than ``max_rejects`` unreadable rows
    - RowCountMismatchError: the file has another number of rows than the download step counted
    - DiskFullError: the server's disk is full
    - WarehouseUnreachableError: the connection is lost
    """
    reader = TripReader(path, contract)
    _warn_of_unknown(reader, contract, path)
    ensure_schema(connection, table.schema)
    try:
        rejected = 0
        tally = _fill(connection, table, file, landed, contract, reader, rejected)
        forget_rejects(connection, rejects_schema, file)
    except ContractError as error:
        bad = BadRows(reader.rejects())
        rejected = record_rejects(connection, rejects_schema, file, path.name, bad)
        if bad.count > max_rejects:
            where = f"{rejects_schema}.tlc_reject"
            raise too_many(error, bad.count, max_rejects, where) from error
        tally = _fill(connection, table, file, landed, contract, reader, rejected)
    oddities = tally.oddities()
    return StagedMonth(
        schema=table.schema,
        name=table.name,
        rows=oddities.rows_staged,
        rejected=rejected,
        columns=[column.name for column in reader.columns],
        unknown_columns=list(reader.match.unknown),
        column_fingerprint=reader.match.fingerprint,
        id_sum=tally.id_sum,
        oddities=asdict(oddities),
    )


def _fill(
    connection: Connection[Any],
    table: PostgresTable,
    file: TripFile,
    landed: LandedFile,
    contract: Contract,
    reader: TripReader,
    rejected: int,
) -> Tally:
    """Create the table and COPY the rows into it; returns what was counted of them.

    The table is created in the transaction of the COPY, which makes ``COPY … FREEZE`` possible.
    """
    batches = reader.readable_batches() if rejected else reader.batches()
    names = staged_columns(reader.columns)
    end_other_tries(connection, table)
    with (
        closing(Tally(contract, file.month, landed.rows)) as tally,
        connection.transaction(),
        _named_disk_full(landed),
        _named_other_try(table),
    ):
        connection.execute(
            "SELECT set_config('application_name', %s, true)", [_session_name(table)]
        )
        _create(connection, table, file, contract)
        copied = copy_batches(connection, table, names, tally.of(batches), landed.rows)
        _add_filename(connection, table, landed.name)
        _note_time(connection, table)
        if copied + rejected != landed.rows:
            raise RowCountMismatchError(
                f"{landed.name} has {landed.rows:,} rows by the download step's count, but {copied:,} "
                f"were read and {rejected:,} rejected. Nothing was staged. Download it again with "
                "force."
            )
    return tally


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
    """Raise StagingMissingError if the run's staging table does not exist."""
    if not exists(connection, table):
        raise StagingMissingError(
            f"{table} does not exist. Expected the staging table that this run's stage task filled. "
            "Clear the stage task; it and the tasks after it then run again."
        )


@named_server_errors("clean up")
def clean_up(connection: Connection[Any], table: PostgresTable) -> None:
    """End the tries of this run that are still staging, and drop the table. None commits later."""
    end_other_tries(connection, table)
    drop_staging(connection, table)


def end_other_tries(connection: Connection[Any], table: PostgresTable) -> None:
    """End the sessions that are filling this run's staging table; raises TableBusyError.

    The table is the run's own, so they are of its earlier tries: of a worker that Airflow took for
    dead, or of a run that was marked as failed. What they sent so far is rolled back.
    """
    ended = connection.execute(
        "SELECT pid, pg_terminate_backend(pid, %s) FROM pg_stat_activity WHERE application_name = %s"
        " AND datname = current_database() AND pid <> pg_backend_pid()",
        [END_MILLISECONDS, _session_name(table)],
    ).fetchall()
    if stuck := [pid for pid, gone in ended if not gone]:
        raise TableBusyError(
            f"Session {stuck} of an earlier try still fills {table}, and did not end within "
            f"{END_MILLISECONDS // 1000} s. Trying again. If it stays, restart the server."
        )
    if ended:
        log.warning("Ended %d earlier tries that were still filling %s", len(ended), table)


def _session_name(table: PostgresTable) -> str:
    """How a session that fills the table is called in pg_stat_activity; 63 bytes at most."""
    return f"nyc_tlc {table.name}"


def drop_staging(connection: Connection[Any], table: PostgresTable) -> None:
    """Drop a run's staging table if it exists."""
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


def _note_time(connection: Connection[Any], table: PostgresTable) -> None:
    """``airflow tlc doctor`` tells an old table from one that may be in use by it."""
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    comment = sql.SQL("COMMENT ON TABLE {} IS {}")
    connection.execute(comment.format(table.identifier, sql.Literal(f"Staged at {now}")))


def _add_filename(connection: Connection[Any], table: PostgresTable, filename: str) -> None:
    """Add the column after the COPY: Postgres stores its constant default once, not in each row."""
    connection.execute(
        sql.SQL(
            "ALTER TABLE {} ADD filename text NOT NULL DEFAULT {}, ALTER file_month DROP DEFAULT"
        ).format(table.identifier, sql.Literal(filename))
    )
    connection.execute(
        sql.SQL("ALTER TABLE {} ALTER filename DROP DEFAULT").format(table.identifier)
    )


@contextmanager
def _named_other_try(table: PostgresTable) -> Iterator[None]:
    try:
        yield
    except CREATED_MEANWHILE as error:
        raise TableBusyError(
            f"Another try of this run created {table} at the same moment. Nothing was staged here. "
            "Trying again."
        ) from error


@contextmanager
def _named_disk_full(landed: LandedFile) -> Iterator[None]:
    try:
        yield
    except psycopg.errors.DiskFull as error:
        raise DiskFullError(
            f"The warehouse's disk is full while staging {landed.name} ({landed.rows:,} rows, "
            f"{landed.bytes:,} bytes as a file; allow 170 bytes per row in Postgres, "
            f"{landed.rows * 170:,} bytes): {error.diag.message_primary}. Nothing was staged. Free "
            "some space on the warehouse's disk."
        ) from error

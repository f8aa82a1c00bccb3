"""Merge: one transaction that makes the trips table hold exactly this file's rows for its month."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg

from nyc_tlc.core.errors import TableBusyError
from nyc_tlc.core.ledger import merged_before
from nyc_tlc.core.loads import Load, MergeMode, MergeOutcome, MergeResult, require_all_rows
from nyc_tlc.core.postgres.exchange import exchange_partition
from nyc_tlc.core.postgres.ledger import ensure_ledger, latest_load, record_merge, unchanged_load
from nyc_tlc.core.postgres.locks import lock_month, with_patience
from nyc_tlc.core.postgres.partition import prepare_partition
from nyc_tlc.core.postgres.replace import insert_missing_rows, replace_rows
from nyc_tlc.core.postgres.row_counts import rows_now
from nyc_tlc.core.postgres.server_errors import named_server_errors
from nyc_tlc.core.postgres.stage import drop_staging, require_staging, staging_table
from nyc_tlc.core.postgres.statistics import analyze_parent
from nyc_tlc.core.postgres.tables import PostgresTable, ensure_schema, exists
from nyc_tlc.core.postgres.trips import (
    TripsTableKind,
    ensure_trips_table,
    kind_of,
    month_id_sum,
    month_rows,
    partition_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection

    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.contract.model import Contract

BY_MONTH = TripsTableKind.BY_MONTH

log = logging.getLogger(__name__)


@named_server_errors("merge")
def merge(
    connection: Connection[Any],
    load: Load,
    contract: Contract,
    schema: str = "public",
    mode: MergeMode = MergeMode.REPLACE,
    force: bool = False,
) -> MergeResult:
    """Make the staged rows visible and write the ledger: both happen, or neither.

    Safe to try again: a run whose merge is in the ledger already gets the same answer, and a file
    that another run has merged meanwhile is not merged twice (unless ``force``). Where another run
    has merged another file meanwhile, the one that the source has now stays.
    Raises StagingMissingError, TableMismatchError, RowCountMismatchError, TableBusyError,
    WarehouseUnreachableError.
    """
    ensure_schema(connection, schema)
    ensure_ledger(connection, schema)
    with _named_lock_timeout(load.file):
        with_patience(lambda: _prepare(connection, load, schema, mode))
        merged = with_patience(lambda: _attempt(connection, load, contract, schema, mode, force))
    log.info("%s: %s", load.file.name, merged)
    trips = PostgresTable(schema, load.file.taxi.trips_table)
    if merged.outcome is MergeOutcome.MERGED and kind_of(connection, trips) is BY_MONTH:
        analyze_parent(connection, trips)
    return merged


def _prepare(connection: Connection[Any], load: Load, schema: str, mode: MergeMode) -> None:
    """Build the trips table's indexes on the staging table where that becomes a partition."""
    trips = PostgresTable(schema, load.file.taxi.trips_table)
    if exists(connection, trips) and _becomes_partition(connection, trips, load, mode):
        prepare_partition(connection, trips, staging_table(load.staged), load.file)


def _attempt(
    connection: Connection[Any],
    load: Load,
    contract: Contract,
    schema: str,
    mode: MergeMode,
    force: bool,
) -> MergeResult:
    """The ledger is there before. Postgres 18 with wal_level = minimal loses count of an identity
    column that is used in the transaction that created it, if the server crashes afterwards.
    """
    staging = staging_table(load.staged)
    with connection.transaction():
        lock_month(connection, schema, load.file)
        done = _merged_before(connection, load, schema, force)
        if done:
            drop_staging(connection, staging)
            return done
        require_staging(connection, staging)
        trips = PostgresTable(schema, load.file.taxi.trips_table)
        ensure_trips_table(connection, trips, contract)
        before = month_rows(connection, trips, load.file)
        rows = _write(connection, trips, load, contract, mode)
        replaced = before if mode is MergeMode.REPLACE else 0
        ids = load.staged.id_sum
        if ids is None or mode is MergeMode.INSERT_ONLY:
            ids = month_id_sum(connection, trips, load.file)
        load_id = record_merge(
            connection, schema, load, mode, rows_merged=rows, rows_replaced=replaced, id_sum=ids
        )
    return MergeResult(MergeOutcome.MERGED, rows, replaced, load_id)


def _merged_before(
    connection: Connection[Any], load: Load, schema: str, force: bool
) -> MergeResult | None:
    def is_unchanged() -> bool:
        return not force and bool(unchanged_load(connection, schema, load.file, load.landed))

    return merged_before(
        latest_load(connection, schema, load.file),
        load,
        staging_is_gone=not exists(connection, staging_table(load.staged)),
        is_unchanged=is_unchanged,
    )


def _write(
    connection: Connection[Any],
    trips: PostgresTable,
    load: Load,
    contract: Contract,
    mode: MergeMode,
) -> int:
    """The staged rows into the trips table, the way its kind and the mode ask for; rows then."""
    if _becomes_partition(connection, trips, load, mode):
        _require_untouched(connection, load)
        return exchange_partition(connection, trips, load.staged, load.file, contract)
    if mode is MergeMode.INSERT_ONLY:
        insert_missing_rows(connection, trips, load.staged, contract)
    else:
        replace_rows(connection, trips, load.staged, load.file, contract)
    drop_staging(connection, staging_table(load.staged))
    return month_rows(connection, trips, load.file)


def _require_untouched(connection: Connection[Any], load: Load) -> None:
    """The staging table becomes the partition as it is, so its rows must still be all of the file's."""
    rows = rows_now(connection, staging_table(load.staged), load.staged.rows)
    require_all_rows(load.file, load.landed, load.staged, rows)


def _becomes_partition(
    connection: Connection[Any], trips: PostgresTable, load: Load, mode: MergeMode
) -> bool:
    """Whether the staging table becomes the month's partition; otherwise its rows are inserted."""
    if kind_of(connection, trips) is not BY_MONTH:
        return False
    return mode is MergeMode.REPLACE or partition_of(connection, trips, load.file) is None


@contextmanager
def _named_lock_timeout(file: TripFile) -> Iterator[None]:
    try:
        yield
    except psycopg.errors.LockNotAvailable as error:
        raise TableBusyError(
            f"{file.taxi.trips_table} stayed locked for too long, so {file.month} is not merged: {error}. "
            "A long query or a VACUUM FULL may hold it (see pg_locks). The task is tried again."
        ) from error

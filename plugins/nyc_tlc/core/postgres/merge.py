"""Merge: one transaction that makes the trips table hold exactly this file's rows for its month."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg

from nyc_tlc.core.errors import TableBusyError
from nyc_tlc.core.landing.remote import patiently, probe
from nyc_tlc.core.loads import MergeMode, MergeResult, Outcome, Run
from nyc_tlc.core.postgres.exchange import exchange_partition
from nyc_tlc.core.postgres.ledger import (
    LEDGER,
    ensure_ledger,
    latest_load,
    record_merge,
    unchanged_load,
)
from nyc_tlc.core.postgres.locks import lock_month, with_patience
from nyc_tlc.core.postgres.replace import insert_missing_rows, replace_rows
from nyc_tlc.core.postgres.server_errors import named_server_errors
from nyc_tlc.core.postgres.stage import StagedTable, drop_staging, require_staging
from nyc_tlc.core.postgres.tables import Table, ensure_schema, exists
from nyc_tlc.core.postgres.trips import TripsTableKind, ensure_trips_table, month_rows, partition_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection

    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.contract.model import Contract
    from nyc_tlc.core.landing.landed import LandedFile
    from nyc_tlc.core.loads import MergedLoad, Oddities

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Load:
    """One file on its way into the trips table: what each step before the merge found.

    ``newest_at_find``: the month's newest load_id when the run found its file, 0 where there was none;
    None where nobody asked.
    """

    file: TripFile
    run: Run
    landed: LandedFile
    staged: StagedTable
    report: Oddities
    newest_at_find: int | None = None


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
        merged = with_patience(lambda: _attempt(connection, load, contract, schema, mode, force))
    log.info("%s: %s", load.file.name, merged)
    return merged


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
    with connection.transaction():
        lock_month(connection, schema, load.file)
        done = _merged_before(connection, load, schema, force)
        if done:
            drop_staging(connection, load.staged.table)
            return done
        require_staging(connection, load.staged.table)
        trips = Table(schema, load.file.taxi.trips_table)
        kind = ensure_trips_table(connection, trips, contract)
        before = month_rows(connection, trips, load.file)
        rows = _write(connection, trips, kind, load, contract, mode)
        replaced = before if mode is MergeMode.REPLACE else 0
        load_id = record_merge(
            connection, Table(schema, LEDGER), load.file, load.run, load.landed,
            load.staged, load.report, rows_merged=rows, rows_replaced=replaced, merge_mode=mode,
        )  # fmt: skip
    return MergeResult(Outcome.MERGED, rows, replaced, load_id)


def _merged_before(
    connection: Connection[Any], load: Load, schema: str, force: bool
) -> MergeResult | None:
    latest = latest_load(connection, schema, load.file)
    if latest is None:
        return None
    if latest.belongs_to(load.run) and not exists(connection, load.staged.table):
        log.info("Merged by an earlier try of this run, as load %d", latest.load_id)
        return MergeResult(Outcome.MERGED, latest.rows_merged, latest.rows_replaced, latest.load_id)
    if not force and unchanged_load(connection, schema, load.file, load.landed):
        log.info("Another run has merged the same file meanwhile, as load %d", latest.load_id)
        return MergeResult(Outcome.UNCHANGED, latest.rows_merged, 0, latest.load_id)
    if _is_superseded(latest, load):
        reason = (
            f"superseded: since this run found {load.landed.name}, {latest.dag_id} {latest.run_id} has "
            f"merged a newer file as load {latest.load_id}, and the source no longer has the file of "
            "this run. Nothing was changed."
        )
        log.warning("%s", reason)
        return MergeResult(Outcome.SUPERSEDED, latest.rows_merged, 0, latest.load_id, reason)
    return None


def _is_superseded(latest: MergedLoad, load: Load) -> bool:
    """Whether another file was merged since the run found its own, and the source has changed too.

    The source decides which file is the newest: runs begin, download and merge in any order. One that
    sends neither ETag nor Last-Modified cannot; there the last merge wins.
    """
    landed = load.landed
    if load.newest_at_find in (None, latest.load_id) or latest.belongs_to(load.run):
        return False
    if latest.is_same_file(landed) or not (landed.etag or landed.last_modified):
        return False
    remote = patiently(partial(probe, landed.url))
    return not remote.describes(landed.url, landed.etag, landed.last_modified, landed.bytes)


def _write(
    connection: Connection[Any],
    trips: Table,
    kind: TripsTableKind,
    load: Load,
    contract: Contract,
    mode: MergeMode,
) -> int:
    """The staged rows into the trips table, the way its kind and the mode ask for; rows then."""
    by_month = kind is TripsTableKind.BY_MONTH
    keep = mode is MergeMode.INSERT_ONLY
    if by_month and not (keep and partition_of(connection, trips, load.file)):
        return exchange_partition(connection, trips, load.staged, load.file, contract)
    if keep:
        insert_missing_rows(connection, trips, load.staged, contract)
    else:
        replace_rows(connection, trips, load.staged, load.file, contract)
    drop_staging(connection, load.staged.table)
    return month_rows(connection, trips, load.file)


@contextmanager
def _named_lock_timeout(file: TripFile) -> Iterator[None]:
    try:
        yield
    except psycopg.errors.LockNotAvailable as error:
        raise TableBusyError(
            f"{file.taxi.trips_table} stayed locked while {file.month} was to be merged: {error}. "
            "A long query or a VACUUM FULL may hold it (see pg_locks); the merge is tried again."
        ) from error

"""The ledger ``tlc_load``: a row a load, written in the merge's own transaction."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from psycopg import sql
from psycopg.rows import class_row

from nyc_tlc.core.catalog import Month, Taxi, TripFile
from nyc_tlc.core.loads import LedgerMonth, MergedLoad, Run
from nyc_tlc.core.postgres.locks import lock_definitions
from nyc_tlc.core.postgres.server_errors import named_server_errors
from nyc_tlc.core.postgres.sql import statement
from nyc_tlc.core.postgres.tables import Table, exists
from nyc_tlc.core.postgres.trips import month_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg import Connection

    from nyc_tlc.core.landing.landed import LandedFile
    from nyc_tlc.core.landing.remote import RemoteFile
    from nyc_tlc.core.loads import Oddities
    from nyc_tlc.core.postgres.stage import StagedTable

LEDGER = "tlc_load"


def ensure_ledger(connection: Connection[Any], schema: str) -> Table:
    """The ledger's table, created on first use."""
    ledger = Table(schema, LEDGER)
    if not exists(connection, ledger):
        with connection.transaction():
            lock_definitions(connection, schema)
            connection.execute(statement("create_ledger", ledger=ledger.identifier))
    return ledger


def latest_load(connection: Connection[Any], schema: str, file: TripFile) -> MergedLoad | None:
    """The newest merged load of the file's taxi and month; None before the first."""
    ledger = Table(schema, LEDGER)
    if not exists(connection, ledger):
        return None
    with connection.cursor(row_factory=class_row(MergedLoad)) as cursor:
        month = {"taxi": file.taxi, "month": file.month.first_day}
        return cursor.execute(statement("latest_load", ledger=ledger.identifier), month).fetchone()


def unchanged_load(
    connection: Connection[Any], schema: str, file: TripFile, found: LandedFile | RemoteFile
) -> MergedLoad | None:
    """The load that brought this very file, if all its rows are still in the trips table."""
    load = latest_load(connection, schema, file)
    if load is None or not load.is_same_file(found):
        return None
    present = month_rows(connection, Table(schema, file.taxi.trips_table), file)
    return load if present == load.rows_merged else None


def loads_by_month(connection: Connection[Any], schema: str) -> list[LedgerMonth]:
    """Every month that some load was for, by taxi and month, in one reading of the ledger."""
    ledger = Table(schema, LEDGER)
    if not exists(connection, ledger):
        return []
    rows = connection.execute(statement("loads_by_month", ledger=ledger.identifier)).fetchall()
    return [LedgerMonth(Taxi(taxi), Month.of(first_day), *rest) for taxi, first_day, *rest in rows]


def record_merge(
    connection: Connection[Any],
    ledger: Table,
    file: TripFile,
    run: Run,
    landed: LandedFile,
    staged: StagedTable,
    report: Oddities,
    **merged: Any,
) -> int:
    """Write a load's row and return its id; ``merged``: rows_merged, rows_replaced, merge_mode."""
    facts = {
        **_run_facts(file, run),
        **asdict(report),
        **merged,
        "outcome": "merged",
        "url": landed.url,
        "filename": landed.name,
        "etag": landed.etag,
        "last_modified": landed.last_modified,
        "bytes": landed.bytes,
        "sha256": landed.sha256,
        "rows_read": landed.rows,
        "rows_rejected": staged.rejected,
        "column_fingerprint": staged.column_fingerprint,
        "unknown_columns": list(staged.unknown_columns),
    }
    return _insert(connection, ledger, facts)


def record_failure(
    connection: Connection[Any], schema: str, file: TripFile, run: Run, error: str
) -> int:
    """Write a failed load's row and return its id."""
    ledger = ensure_ledger(connection, schema)
    with connection.transaction():
        facts = {**_run_facts(file, run), "outcome": "failed", "error": error}
        return _insert(connection, ledger, facts)


def _run_facts(file: TripFile, run: Run) -> dict[str, Any]:
    return {"taxi": str(file.taxi), "file_month": file.month.first_day, **asdict(run)}


def _insert(connection: Connection[Any], ledger: Table, facts: dict[str, Any]) -> int:
    insert = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING load_id").format(
        ledger.identifier,
        sql.SQL(", ").join(map(sql.Identifier, facts)),
        sql.SQL(", ").join(map(sql.Placeholder, facts)),
    )
    [[load_id]] = connection.execute(insert, facts).fetchall()
    return int(load_id)


@named_server_errors("stale months")
def stale_months(connection: Connection[Any], schema: str, made: sql.Composable) -> list[TripFile]:
    """The months whose newest load is not among those that something was made of, by taxi and month.

    ``made``: a table with taxi, file_month and load_id, or ``made_of``.
    """
    ledger = ensure_ledger(connection, schema)
    query = statement("stale_months", ledger=ledger.identifier, made=made)
    return [TripFile.of(taxi, month) for taxi, month in connection.execute(query).fetchall()]


def made_of(loads: Iterable[tuple[Taxi, Month, int]]) -> sql.Composable:
    """What was made outside of the warehouse, and of which load, as a relation."""
    rows = [
        {"taxi": taxi, "file_month": str(month.first_day), "load_id": load_id}
        for taxi, month, load_id in loads
    ]
    made = statement("made_of", rows=sql.Literal(json.dumps(rows)))
    return sql.SQL("({})").format(made)

"""The ledger ``tlc_load``: a row a load, written in the merge's own transaction."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from psycopg import sql
from psycopg.rows import class_row

from nyc_tlc.catalog import Month, Taxi
from nyc_tlc.ledger import LatestLoad, MonthLoad, Run
from nyc_tlc.postgres.locks import lock_definitions
from nyc_tlc.postgres.sql import statement
from nyc_tlc.postgres.tables import Table, exists
from nyc_tlc.postgres.trips import month_rows

if TYPE_CHECKING:
    from psycopg import Connection

    from nyc_tlc.catalog import TripFile
    from nyc_tlc.landing import LandedFile, RemoteFile
    from nyc_tlc.loads import CheckReport
    from nyc_tlc.postgres.stage import StagedTable

LEDGER = "tlc_load"


def ensure_ledger(connection: Connection[Any], schema: str) -> Table:
    """The ledger's table, created on first use."""
    ledger = Table(schema, LEDGER)
    if not exists(connection, ledger):
        with connection.transaction():
            lock_definitions(connection)
            connection.execute(statement("create_ledger", ledger=ledger.identifier))
    return ledger


def latest_load(connection: Connection[Any], schema: str, file: TripFile) -> LatestLoad | None:
    """The newest merged load of the file's taxi and month; None before the first."""
    ledger = Table(schema, LEDGER)
    if not exists(connection, ledger):
        return None
    with connection.cursor(row_factory=class_row(LatestLoad)) as cursor:
        month = {"taxi": file.taxi, "month": file.month.first_day}
        return cursor.execute(statement("latest_load", ledger=ledger.identifier), month).fetchone()


def unchanged_load(
    connection: Connection[Any], schema: str, file: TripFile, found: LandedFile | RemoteFile
) -> LatestLoad | None:
    """The load that brought this very file, if all its rows are still in the trips table."""
    load = latest_load(connection, schema, file)
    if load is None or not load.is_same_file(found):
        return None
    present = month_rows(connection, Table(schema, file.taxi.trips_table), file)
    return load if present == load.rows_merged else None


def loads_by_month(connection: Connection[Any], schema: str) -> list[MonthLoad]:
    """Every month that some load was for, by taxi and month, in one reading of the ledger."""
    ledger = Table(schema, LEDGER)
    if not exists(connection, ledger):
        return []
    rows = connection.execute(statement("loads_by_month", ledger=ledger.identifier)).fetchall()
    return [MonthLoad(Taxi(taxi), Month.of(first_day), *rest) for taxi, first_day, *rest in rows]


def record_merge(
    connection: Connection[Any],
    ledger: Table,
    file: TripFile,
    run: Run,
    landed: LandedFile,
    staged: StagedTable,
    report: CheckReport,
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

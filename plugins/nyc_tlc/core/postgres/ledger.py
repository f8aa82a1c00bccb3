"""The ledger ``tlc_load`` in Postgres; a load's row is written in the merge's own transaction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from psycopg import sql
from psycopg.rows import class_row

from nyc_tlc.core.catalog import Month, Taxi, TripFile
from nyc_tlc.core.ledger import (
    COLUMNS,
    LEDGER,
    LedgerColumn,
    LedgerMonth,
    LedgerType,
    MergedLoad,
    failed_row,
    merged_row,
)
from nyc_tlc.core.postgres.locks import (
    READERS_WAIT,
    limit_lock_waits,
    lock_definitions,
    with_patience,
)
from nyc_tlc.core.postgres.server_errors import named_server_errors
from nyc_tlc.core.postgres.sql import statement
from nyc_tlc.core.postgres.tables import (
    PostgresTable,
    columns_of,
    comment_on_column,
    exists,
    type_sql,
)
from nyc_tlc.core.postgres.trips import month_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg import Connection

    from nyc_tlc.core.failure import Failure
    from nyc_tlc.core.landing.landed import LandedFile
    from nyc_tlc.core.landing.remote import RemoteFile
    from nyc_tlc.core.loads import Load, MergeMode, Run

TYPES = {
    LedgerType.TEXT: "text",
    LedgerType.COUNT: "bigint",
    LedgerType.TEXTS: "text[]",
    LedgerType.TIME: "timestamptz",
}


def ensure_ledger(connection: Connection[Any], schema: str) -> PostgresTable:
    """The ledger's table, created on first use. One of an older version gains the columns it lacks."""
    ledger = PostgresTable(schema, LEDGER)
    missing = _missing_columns(connection, ledger)
    if missing:
        with_patience(lambda: _complete(connection, ledger))
    return ledger


def _complete(connection: Connection[Any], ledger: PostgresTable) -> None:
    """A new column needs a lock that readers of the ledger wait behind, so only a short attempt."""
    with connection.transaction():
        lock_definitions(connection, ledger.schema)
        limit_lock_waits(connection, READERS_WAIT)
        connection.execute(statement("create_ledger", ledger=ledger.identifier))
        for column in _missing_columns(connection, ledger):
            _add_column(connection, ledger, column)


def _missing_columns(connection: Connection[Any], ledger: PostgresTable) -> list[LedgerColumn]:
    present = columns_of(connection, ledger)
    return [column for column in COLUMNS if column.name not in present]


def _add_column(connection: Connection[Any], ledger: PostgresTable, column: LedgerColumn) -> None:
    connection.execute(
        sql.SQL("ALTER TABLE {} ADD COLUMN {} {}").format(
            ledger.identifier, sql.Identifier(column.name), type_sql(TYPES[column.type])
        )
    )
    comment_on_column(connection, ledger, column.name, column.description)


def latest_load(connection: Connection[Any], schema: str, file: TripFile) -> MergedLoad | None:
    """The newest merged load of the file's taxi and month; None before the first."""
    ledger = PostgresTable(schema, LEDGER)
    if not exists(connection, ledger):
        return None
    ensure_ledger(connection, schema)
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
    present = month_rows(connection, PostgresTable(schema, file.taxi.trips_table), file)
    return load if present == load.rows_merged else None


def ledger_months(connection: Connection[Any], schema: str) -> list[LedgerMonth]:
    """Every month that some load was for, by taxi and month, in one reading of the ledger."""
    ledger = PostgresTable(schema, LEDGER)
    if not exists(connection, ledger):
        return []
    ensure_ledger(connection, schema)
    rows = connection.execute(statement("ledger_months", ledger=ledger.identifier)).fetchall()
    return [LedgerMonth(Taxi(taxi), Month.of(first_day), *rest) for taxi, first_day, *rest in rows]


def record_merge(
    connection: Connection[Any], schema: str, load: Load, mode: MergeMode, **merged: int | None
) -> int:
    """Write a load's row and return its id; ``merged``: rows_merged, rows_replaced and id_sum."""
    ledger = ensure_ledger(connection, schema)
    return _insert(connection, ledger, {**merged_row(load, mode), **merged})


def record_failure(
    connection: Connection[Any], schema: str, file: TripFile, failure: Failure, run: Run
) -> int:
    """Write a failed load's row and return its id."""
    ledger = ensure_ledger(connection, schema)
    with connection.transaction():
        return _insert(connection, ledger, failed_row(file, failure, run))


def _insert(connection: Connection[Any], ledger: PostgresTable, row: dict[str, Any]) -> int:
    insert = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING load_id").format(
        ledger.identifier,
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(map(sql.Placeholder, row)),
    )
    [[load_id]] = connection.execute(insert, row).fetchall()
    return int(load_id)


@named_server_errors("stale months")
def stale_months(connection: Connection[Any], schema: str, made: sql.Composable) -> list[TripFile]:
    """The months whose newest load is not in ``made``, by taxi and month.

    ``made``: the loads that have a summary or a report; a table with taxi, file_month and load_id, or
    what ``made_of`` returns.
    """
    ledger = ensure_ledger(connection, schema)
    query = statement("stale_months", ledger=ledger.identifier, made=made)
    return [TripFile.of(taxi, month) for taxi, month in connection.execute(query).fetchall()]


def made_of(loads: Iterable[tuple[Taxi, Month, int]]) -> sql.Composable:
    """The loads that something outside of the warehouse was made from, such as a report, as a relation."""
    rows = [
        {"taxi": taxi, "file_month": str(month.first_day), "load_id": load_id}
        for taxi, month, load_id in loads
    ]
    made = statement("made_of", rows=sql.Literal(json.dumps(rows)))
    return sql.SQL("({})").format(made)

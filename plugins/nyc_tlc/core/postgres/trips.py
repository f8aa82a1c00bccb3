"""The trips table: its kind, and its months.

It is partitioned by the month of the file, not of the pickup: files contain pickups of other years, and
this way a file and its partition have the same rows.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from psycopg import sql

from nyc_tlc.core.catalog import Month
from nyc_tlc.core.parity import MonthFacts
from nyc_tlc.core.postgres.locks import lock_definitions
from nyc_tlc.core.postgres.sql import statement
from nyc_tlc.core.postgres.tables import (
    PostgresTable,
    column_types,
    columns_of,
    comment_on,
    count_rows,
    definitions,
    exists,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import Connection

    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.contract.model import Contract


class TripsTableKind(Enum):
    """BY_MONTH: created by this package. PLAIN: a user's own table."""

    BY_MONTH = "partitioned by the file's month"
    PLAIN = "plain"


def ensure_trips_table(
    connection: Connection[Any], table: PostgresTable, contract: Contract
) -> TripsTableKind:
    """Create the trips table on first use, with descriptions of its columns; returns its kind."""
    if not exists(connection, table):
        with connection.transaction():
            lock_definitions(connection, table.schema)
            if not exists(connection, table):
                _create(connection, table, contract)
    return kind_of(connection, table)


def kind_of(connection: Connection[Any], table: PostgresTable) -> TripsTableKind:
    found = connection.execute(statement("partition_key"), {"table": str(table)}).fetchone()
    by_month = bool(found and found[0] == "LIST (file_month)")
    return TripsTableKind.BY_MONTH if by_month else TripsTableKind.PLAIN


def partition_of(
    connection: Connection[Any], table: PostgresTable, file: TripFile
) -> PostgresTable | None:
    """The partition of the file's month; its name does not matter."""
    bound = {"table": str(table), "month": file.month.first_day, "name": file.partition}
    found = connection.execute(statement("partition_of_month"), bound).fetchone()
    return PostgresTable(*found) if found else None


def month_rows(connection: Connection[Any], table: PostgresTable, file: TripFile) -> int:
    """The number of rows of the file's month in the trips table; 0 if the table does not exist.

    The rollback releases the locks of the count. Without it two merges, each with a lock on its own
    month's partition, would wait for each other when they lock the trips table.
    """
    with connection.transaction(force_rollback=True):
        return _count_month(connection, table, file)


def month_id_sum(connection: Connection[Any], table: PostgresTable, file: TripFile) -> int | None:
    """The sum of the first 32 bits of the month's ids; None where the table has no ids."""
    if "unique_row_id" not in columns_of(connection, table):
        return None
    condition = of_month(connection, table, file)
    query = statement("month_id_sum", trips=table.identifier, of_month=condition)
    [[total]] = connection.execute(query).fetchall()
    return int(total)


def of_month(connection: Connection[Any], table: PostgresTable, file: TripFile) -> sql.Composed:
    """The condition that a row of the table alias ``trip`` belongs to the file's month."""
    if kind_of(connection, table) is TripsTableKind.BY_MONTH:
        return sql.SQL("trip.file_month = {}").format(sql.Literal(file.month.first_day))
    return sql.SQL("trip.filename = ANY({})").format(sql.Literal(list(file.filenames)))


def total_of(columns: Sequence[str]) -> sql.Composable:
    """The sum of these columns of a row of the table alias ``trip``.

    NULLs count as 0; the sum is NULL if all columns are NULL.
    """
    if not columns:
        return sql.SQL("NULL::double precision")
    names = [sql.Identifier("trip", name) for name in columns]
    if len(names) == 1:
        return names[0]
    terms = sql.SQL(" + ").join(sql.SQL("coalesce({}, 0)").format(name) for name in names)
    return sql.SQL("CASE WHEN num_nonnulls({}) > 0 THEN {} END").format(
        sql.SQL(", ").join(names), terms
    )


def _count_month(connection: Connection[Any], table: PostgresTable, file: TripFile) -> int:
    if not exists(connection, table):
        return 0
    if kind_of(connection, table) is TripsTableKind.BY_MONTH:
        partition = partition_of(connection, table, file)
        return count_rows(connection, partition) if partition else 0
    if "filename" not in columns_of(connection, table):
        return 0
    query = sql.SQL("SELECT count(*) FROM {} WHERE filename = ANY(%s)").format(table.identifier)
    [[count]] = connection.execute(query, [list(file.filenames)]).fetchall()
    return int(count)


def _create(connection: Connection[Any], table: PostgresTable, contract: Contract) -> None:
    types = column_types(contract)
    required = [
        sql.SQL("{} {} NOT NULL").format(sql.Identifier(n), sql.SQL(types.pop(n)))
        for n in ("unique_row_id", "file_month", "filename")
    ]
    connection.execute(
        sql.SQL("CREATE TABLE {} ({}, {}) PARTITION BY LIST (file_month)").format(
            table.identifier, sql.SQL(", ").join(required), definitions(types.items())
        )
    )
    comment_on(connection, table, contract)


def month_facts(
    connection: Connection[Any], schema: str, contract: Contract, first: Month, last: Month
) -> list[MonthFacts]:
    """The facts of each month; empty if there is no trips table."""
    trips = PostgresTable(schema, contract.taxi.trips_table)
    if not exists(connection, trips):
        return []
    query = statement("month_facts", trips=trips.identifier, cents=_cents(contract.total))
    months = {"first_month": first.first_day, "last_month": last.first_day}
    rows = connection.execute(query, months).fetchall()
    return [
        MonthFacts(Month.of(month), None if cents is None else int(cents), *map(int, numbers))
        for month, cents, *numbers in rows
    ]


def _cents(column: str | None) -> sql.Composable:
    if column is None:
        return sql.SQL("NULL::bigint")
    return sql.SQL("sum(round(({} * 100)::numeric))").format(sql.Identifier(column))

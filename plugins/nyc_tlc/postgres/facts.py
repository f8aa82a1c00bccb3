"""The months of a trips table in numbers, for parity with another warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from nyc_tlc.catalog import Month
from nyc_tlc.parity import MonthFacts
from nyc_tlc.postgres.sql import statement
from nyc_tlc.postgres.tables import Table, exists

if TYPE_CHECKING:
    from psycopg import Connection

    from nyc_tlc.contract import Contract


def month_facts(
    connection: Connection[Any], schema: str, contract: Contract, first: Month, last: Month
) -> list[MonthFacts]:
    """Empty where there is no trips table."""
    trips = Table(schema, contract.taxi.trips_table)
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

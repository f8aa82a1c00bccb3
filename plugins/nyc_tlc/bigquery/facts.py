"""The months of a trips table in numbers, for parity with another warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nyc_tlc.bigquery.sql import statement
from nyc_tlc.catalog import Month
from nyc_tlc.parity import MonthFacts

if TYPE_CHECKING:
    from nyc_tlc.bigquery.warehouse import Warehouse
    from nyc_tlc.contract import Contract


def month_facts(
    warehouse: Warehouse, contract: Contract, first: Month, last: Month
) -> list[MonthFacts]:
    """Reads two columns of those months' partitions; empty where there is no trips table."""
    trips = warehouse.place.trips(contract.taxi)
    if warehouse.find(trips) is None:
        return []
    cents = f"SUM(CAST(ROUND({contract.total} * 100) AS INT64))" if contract.total else "NULL"
    sql = statement("month_facts", trips=trips.quoted, cents=cents)
    rows = warehouse.query(sql, first_month=first.first_day, last_month=last.first_day)
    return [MonthFacts(Month.of(row[0]), *row.values()[1:]) for row in rows]

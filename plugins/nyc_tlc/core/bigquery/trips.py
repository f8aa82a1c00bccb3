"""The trips table: created from the contract, with descriptions; gets the contract's new columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from nyc_tlc.core.bigquery.columns import TYPES, column_types, literal
from nyc_tlc.core.bigquery.fingerprint import fingerprint_sql
from nyc_tlc.core.bigquery.sql import statement
from nyc_tlc.core.catalog import Month
from nyc_tlc.core.errors import TableMismatchError
from nyc_tlc.core.parity import MonthFacts
from nyc_tlc.core.verify import MonthContent

if TYPE_CHECKING:
    from google.cloud.bigquery import Table as TableResource

    from nyc_tlc.core.bigquery.place import BigQueryTable
    from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse
    from nyc_tlc.core.contract.model import Column, Contract

LEGACY_NAMES = {"INTEGER": "INT64", "FLOAT": "FLOAT64"}
PICKUP_ZONE = "pulocationid"


def create_trips_sql(warehouse: BigQueryWarehouse, contract: Contract) -> str:
    return statement(
        "create_trips",
        trips=warehouse.place.trips(contract.taxi).quoted,
        definitions=",\n    ".join(map(_definition, contract.columns)),
        clustering=f"{contract.pickup}, {PICKUP_ZONE}",
        description=literal(contract.description),
    )


def ensure_trips_table(warehouse: BigQueryWarehouse, contract: Contract) -> None:
    """Create it on first use, add the contract's new columns; raises TableMismatchError."""
    trips = warehouse.place.trips(contract.taxi)
    found = warehouse.find(trips)
    if found is None:
        warehouse.query(create_trips_sql(warehouse, contract))
        return
    _refuse_other_partitions(found)
    types = {field.name: field.field_type for field in found.schema}
    _refuse_other_types(found, contract, types)
    for column in contract.columns:
        if column.name not in types:
            add_column(warehouse, trips, _definition(column))


def add_column(warehouse: BigQueryWarehouse, table: BigQueryTable, definition: str) -> None:
    warehouse.query(statement("add_column", table=table.quoted, definition=definition))


def columns_sql(contract: Contract) -> str:
    """All columns of a trips table, in order."""
    return ", ".join(column_types(contract))


def _definition(column: Column) -> str:
    return f"{column.name} {TYPES[column.type]} OPTIONS (description = {literal(column.comment)})"


def _refuse_other_partitions(found: TableResource) -> None:
    partitioning = found.time_partitioning
    if partitioning is None or partitioning.field != "file_month":
        raise TableMismatchError(
            f"{found.full_table_id} is your own table: it is not partitioned by file_month. "
            "Nothing was changed. Rename it, or set gcp_dataset to a dataset for these tables."
        )


def _refuse_other_types(found: TableResource, contract: Contract, types: dict[str, str]) -> None:
    wrong = list(_misfits(contract, types))
    if wrong:
        raise TableMismatchError(
            f"{found.full_table_id} does not fit: {'; '.join(wrong)}. Nothing was changed. Rename "
            "it; the next load creates a new table."
        )


def _misfits(contract: Contract, types: dict[str, str]) -> Iterator[str]:
    for column in contract.columns:
        kind = types.get(column.name)
        if kind and LEGACY_NAMES.get(kind, kind) != TYPES[column.type]:
            yield f"{column.name} is {kind}, expected {TYPES[column.type]}"


def content_sql(trips: BigQueryTable, contract: Contract, columns: Iterable[str]) -> str:
    return statement(
        "month_content",
        functions=statement("functions"),
        content_id=fingerprint_sql(contract, columns),
        trips=trips.quoted,
    )


def month_content(warehouse: BigQueryWarehouse, contract: Contract, month: Month) -> MonthContent:
    """Computes the ids of the month's rows again; reads the month's partition."""
    trips = warehouse.place.trips(contract.taxi)
    found = warehouse.find(trips)
    if found is None:
        return MonthContent(0, 0, 0)
    sql = content_sql(trips, contract, [field.name for field in found.schema])
    [row] = warehouse.query(sql, file_month=month.first_day)
    return MonthContent(*map(int, row.values()))


def month_facts(
    warehouse: BigQueryWarehouse, contract: Contract, first: Month, last: Month
) -> list[MonthFacts]:
    """Reads two columns of those months' partitions; empty if there is no trips table."""
    trips = warehouse.place.trips(contract.taxi)
    if warehouse.find(trips) is None:
        return []
    cents = f"SUM(CAST(ROUND({contract.total} * 100) AS INT64))" if contract.total else "NULL"
    sql = statement("month_facts", trips=trips.quoted, cents=cents)
    rows = warehouse.query(sql, first_month=first.first_day, last_month=last.first_day)
    return [MonthFacts(Month.of(row[0]), *row.values()[1:]) for row in rows]

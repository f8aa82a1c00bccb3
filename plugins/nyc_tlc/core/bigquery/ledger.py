"""The ledger ``tlc_load`` in BigQuery, with the columns of the one in Postgres."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from nyc_tlc.core.bigquery.columns import literal
from nyc_tlc.core.bigquery.sql import statement
from nyc_tlc.core.bigquery.trips import add_column
from nyc_tlc.core.catalog import Month, Taxi, TripFile
from nyc_tlc.core.ledger import (
    COLUMNS,
    LedgerColumn,
    LedgerMonth,
    LedgerType,
    MergedLoad,
    failed_row,
)

if TYPE_CHECKING:
    from nyc_tlc.core.bigquery.place import BigQueryTable
    from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse
    from nyc_tlc.core.failure import Failure
    from nyc_tlc.core.landing.landed import LandedFile
    from nyc_tlc.core.landing.remote import RemoteFile
    from nyc_tlc.core.loads import Run


TYPES = {
    LedgerType.TEXT: "STRING",
    LedgerType.COUNT: "INT64",
    LedgerType.TEXTS: "ARRAY<STRING>",
    LedgerType.TIME: "TIMESTAMP",
}


def latest_load(warehouse: BigQueryWarehouse, file: TripFile) -> MergedLoad | None:
    """The newest merged load of the file's taxi and month; None before the first."""
    ledger = warehouse.place.ledger
    if warehouse.find(ledger) is None:
        return None
    ensure_ledger(warehouse)
    month = {"taxi": str(file.taxi), "file_month": file.month.first_day}
    rows = warehouse.query(statement("latest_load", ledger=ledger.quoted), **month)
    return MergedLoad(**rows[0]) if rows else None


def unchanged_load(
    warehouse: BigQueryWarehouse, file: TripFile, found: LandedFile | RemoteFile
) -> MergedLoad | None:
    """The load of exactly this file, if all its rows are still in the trips table."""
    load = latest_load(warehouse, file)
    if load is None or not load.is_same_file(found):
        return None
    return load if warehouse.month_rows(file) == load.rows_merged else None


def ledger_months(warehouse: BigQueryWarehouse) -> list[LedgerMonth]:
    """Every month in the ledger, by taxi and month, in one query."""
    ledger = warehouse.place.ledger
    if warehouse.find(ledger) is None:
        return []
    ensure_ledger(warehouse)
    rows = warehouse.query(statement("ledger_months", ledger=ledger.quoted))
    return [LedgerMonth(Taxi(taxi), Month.of(first_day), *rest) for taxi, first_day, *rest in rows]


def stale_months(
    warehouse: BigQueryWarehouse, made: Collection[tuple[Taxi, Month, int]]
) -> list[TripFile]:
    """The months whose newest load is not in ``made``, by taxi and month."""
    ensure_ledger(warehouse)
    ledger = warehouse.place.ledger.quoted
    sql = statement("stale_months", ledger=ledger, summary=f"({statement('made_of')})")
    loads = [f"{taxi} {month.first_day} {load_id}" for taxi, month, load_id in made]
    return [TripFile.of(row.taxi, row.month) for row in warehouse.query(sql, made=loads)]


def month_loads(
    warehouse: BigQueryWarehouse, file: TripFile
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The ledger's newest rows for the file's month, and the first of its rejected rows."""
    month = {"taxi": str(file.taxi), "file_month": file.month.first_day}
    tables = {"month_loads": warehouse.place.ledger, "month_rejects": warehouse.place.rejects}
    loads, rejects = (
        [dict(row) for row in warehouse.query(statement(name, table=table.quoted), **month)]
        if warehouse.find(table)
        else []
        for name, table in tables.items()
    )
    return loads, rejects


def ensure_ledger(warehouse: BigQueryWarehouse) -> None:
    """Create the ledger on first use; add missing columns to one of an older version."""
    found = warehouse.find(warehouse.place.ledger)
    if found is None:
        warehouse.query(create_ledger_sql(warehouse.place.ledger))
        return
    present = {field.name for field in found.schema}
    for column in COLUMNS:
        if column.name not in present:
            add_column(warehouse, warehouse.place.ledger, _definition(column))


def create_ledger_sql(ledger: BigQueryTable) -> str:
    definitions = ",\n    ".join(map(_definition, COLUMNS))
    return statement("create_ledger", ledger=ledger.quoted, definitions=definitions)


def _definition(column: LedgerColumn) -> str:
    description = literal(column.description)
    return f"{column.name} {TYPES[column.type]} OPTIONS (description = {description})"


def without_nulls(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def columns_and_values(row: Mapping[str, Any]) -> dict[str, str]:
    """Columns and values of an INSERT of ``row``: query parameters with the columns' names."""
    return {"columns": ", ".join(row), "values": ", ".join(f"@{name}" for name in row)}


def record_failure(warehouse: BigQueryWarehouse, file: TripFile, failure: Failure, run: Run) -> int:
    """Write a failed load's row and return its id.

    BigQuery has no sequences, so the id of a load is BigQuery's time in microseconds.
    """
    ensure_ledger(warehouse)
    [now] = warehouse.query("SELECT UNIX_MICROS(CURRENT_TIMESTAMP()), CURRENT_TIMESTAMP()")
    facts = {"load_id": now[0], "finished_at": now[1]}
    row = without_nulls({**failed_row(file, failure, run), **facts})
    ledger = warehouse.place.ledger.quoted
    insert = statement("insert_load", ledger=ledger, **columns_and_values(row))
    warehouse.query(insert, **row)
    return int(row["load_id"])

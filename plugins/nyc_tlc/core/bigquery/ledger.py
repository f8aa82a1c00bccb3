"""The ledger ``tlc_load``: a row a load, with the columns of the one in Postgres."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nyc_tlc.core.bigquery.sql import statement
from nyc_tlc.core.catalog import Month, Taxi
from nyc_tlc.core.loads import LedgerMonth, MergedLoad, Run

if TYPE_CHECKING:
    from nyc_tlc.core.bigquery.warehouse import Warehouse
    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.landing.landed import LandedFile
    from nyc_tlc.core.landing.remote import RemoteFile
    from nyc_tlc.core.loads import Oddities


def latest_load(warehouse: Warehouse, file: TripFile) -> MergedLoad | None:
    """The newest merged load of the file's taxi and month; None before the first."""
    ledger = warehouse.place.ledger
    if warehouse.find(ledger) is None:
        return None
    month = {"taxi": str(file.taxi), "file_month": file.month.first_day}
    rows = warehouse.query(statement("latest_load", ledger=ledger.quoted), **month)
    return MergedLoad(**rows[0]) if rows else None


def unchanged_load(
    warehouse: Warehouse, file: TripFile, found: LandedFile | RemoteFile
) -> MergedLoad | None:
    """The load that brought this very file, if all its rows are still in the trips table."""
    load = latest_load(warehouse, file)
    if load is None or not load.is_same_file(found):
        return None
    return load if warehouse.month_rows(file) == load.rows_merged else None


def loads_by_month(warehouse: Warehouse) -> list[LedgerMonth]:
    """Every month that some load was for, by taxi and month, in one reading of the ledger."""
    ledger = warehouse.place.ledger
    if warehouse.find(ledger) is None:
        return []
    rows = warehouse.query(statement("loads_by_month", ledger=ledger.quoted))
    return [LedgerMonth(Taxi(taxi), Month.of(first_day), *rest) for taxi, first_day, *rest in rows]


def facts_of_load(
    file: TripFile, run: Run, landed: LandedFile, report: Oddities, **more: Any
) -> dict[str, Any]:
    """A merged load's row but for what its merge finds: rows_merged, rows_replaced, finished_at.

    ``more``: merge_mode, rows_rejected, column_fingerprint, unknown_columns.
    """
    facts = {
        **_run_facts(file, run),
        **asdict(report),
        **more,
        "outcome": "merged",
        "url": landed.url,
        "filename": landed.name,
        "etag": landed.etag,
        "last_modified": landed.last_modified,
        "bytes": landed.bytes,
        "sha256": landed.sha256,
        "rows_read": landed.rows,
    }
    return {name: value for name, value in facts.items() if value is not None}


def ensure_ledger(warehouse: Warehouse) -> None:
    warehouse.query(statement("create_ledger", ledger=warehouse.place.ledger.quoted))


def columns_and_values(facts: Mapping[str, Any]) -> dict[str, str]:
    """What an INSERT of ``facts`` names: columns, and query parameters of the same names."""
    return {"columns": ", ".join(facts), "values": ", ".join(f"@{name}" for name in facts)}


def record_failure(warehouse: Warehouse, file: TripFile, run: Run, error: str) -> int:
    """Write a failed load's row and return its id."""
    facts = {
        **_run_facts(file, run),
        "outcome": "failed",
        "error": error,
        "finished_at": dt.datetime.now(dt.UTC),
    }
    given = {name: value for name, value in facts.items() if value is not None}
    ensure_ledger(warehouse)
    ledger = warehouse.place.ledger.quoted
    insert = statement("insert_load", ledger=ledger, **columns_and_values(given))
    warehouse.query(insert, **given)
    return int(given["load_id"])


def _run_facts(file: TripFile, run: Run) -> dict[str, Any]:
    """BigQuery counts nothing up by itself, so a load's id is its time in microseconds."""
    load_id = time.time_ns() // 1000
    month = {"taxi": str(file.taxi), "file_month": file.month.first_day}
    return {"load_id": load_id, **month, **asdict(run)}

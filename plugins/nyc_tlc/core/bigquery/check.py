"""Check: what the staged rows are like, before they become visible. Odd rows are counted, never dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nyc_tlc.core.bigquery.sql import statement
from nyc_tlc.core.loads import Oddities

if TYPE_CHECKING:
    from nyc_tlc.core.bigquery.place import Table
    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.contract.model import Contract


def check_sql(staging: Table, file: TripFile, contract: Contract) -> str:
    """One row: the fields of a Oddities. Nothing in it comes from a file."""
    first, following = file.month.first_day, file.month.shift(1).first_day
    return statement(
        "check_staging",
        staging=staging.quoted,
        outside_month=(
            f"{contract.pickup} < DATETIME '{first}' OR {contract.pickup} >= DATETIME '{following}'"
        ),
        negative_total=f"{contract.total} < 0" if contract.total else "FALSE",
        null_vendor=f"{contract.vendor} IS NULL" if contract.vendor else "FALSE",
    )


def report_of(row: Any) -> Oddities:
    return Oddities(**{name: int(value) for name, value in row.items()})

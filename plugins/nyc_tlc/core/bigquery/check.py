"""Checks the staged rows before they become visible. Odd rows are counted, never dropped."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from nyc_tlc.core.bigquery.sql import statement
from nyc_tlc.core.errors import StagingMissingError
from nyc_tlc.core.loads import Oddities, StagedMonth, require_all_rows

if TYPE_CHECKING:
    from nyc_tlc.core.bigquery.place import BigQueryTable
    from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse
    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.contract.model import Contract
    from nyc_tlc.core.landing.landed import LandedFile

log = logging.getLogger(__name__)


def check_sql(staging: BigQueryTable, file: TripFile, contract: Contract) -> str:
    """SQL that returns one row: the fields of Oddities. No part of it comes from a file."""
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


def oddities_of(row: Any) -> Oddities:
    return Oddities(**{name: int(value) for name, value in row.items()})


def check_rows(
    warehouse: BigQueryWarehouse, staging: BigQueryTable, staged: StagedMonth, landed: LandedFile,
    file: TripFile,
) -> int:  # fmt: skip
    """Count the staged rows, from the table's metadata, which is free.

    Raises RowCountMismatchError if rows are missing, StagingMissingError if the table is.
    """
    rows = staged_rows(warehouse, staging)
    require_all_rows(file, landed, staged, rows)
    log.info("%s: all %s rows are staged or rejected", file.name, f"{landed.rows:,}")
    return rows


def staged_rows(warehouse: BigQueryWarehouse, staging: BigQueryTable) -> int:
    """Raises StagingMissingError if the run's staging table no longer exists."""
    found = warehouse.find(staging)
    if found is None:
        raise StagingMissingError(
            f"{staging} no longer exists: staging tables expire after a day. The trips table is "
            "unchanged. Clear the transform task and the tasks after it."
        )
    return int(found.num_rows or 0)

"""Merge: one job that makes the trips table hold exactly this file's rows for its month, and says so
in the ledger.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nyc_tlc.core.bigquery.ledger import (
    columns_and_values,
    facts_of_load,
    latest_load,
    unchanged_load,
)
from nyc_tlc.core.bigquery.sql import statement
from nyc_tlc.core.bigquery.trips import columns_sql
from nyc_tlc.core.errors import RowCountMismatchError, StagingMissingError
from nyc_tlc.core.loads import MergeMode, MergeResult, Outcome

if TYPE_CHECKING:
    from google.cloud.bigquery import Row

    from nyc_tlc.core.bigquery.place import Place, Table
    from nyc_tlc.core.bigquery.warehouse import Warehouse
    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.contract.model import Contract
    from nyc_tlc.core.landing.landed import LandedFile
    from nyc_tlc.core.loads import Oddities, Run

log = logging.getLogger(__name__)

STATEMENTS = {MergeMode.REPLACE: "replace_month", MergeMode.INSERT_ONLY: "insert_missing"}


@dataclass(frozen=True)
class Load:
    """One file on its way into the trips table: what each step before the merge found."""

    file: TripFile
    run: Run
    landed: LandedFile
    report: Oddities
    staging: Table
    rejected: int
    column_fingerprint: str
    unknown_columns: list[str]


def merge_script(
    place: Place, load: Load, contract: Contract, mode: MergeMode
) -> tuple[str, dict[str, Any]]:
    """The job's SQL and its query parameters. Its result is the load's row in the ledger."""
    facts = facts_of_load(
        load.file, load.run, load.landed, load.report, merge_mode=str(mode),
        rows_rejected=load.rejected, column_fingerprint=load.column_fingerprint,
        unknown_columns=load.unknown_columns,
    )  # fmt: skip
    trips = place.trips(load.file.taxi)
    replaces = mode is MergeMode.REPLACE
    sql = statement(
        "merge_and_record",
        merge=merge_sql(load.staging, trips, load.file, contract, mode),
        ledger=place.ledger.quoted,
        trips=trips.quoted,
        staging=load.staging.quoted,
        replaced="@@row_count - @rows_staged" if replaces else "0",
        holds="month_rows = @rows_staged" if replaces else "TRUE",
        **columns_and_values(facts),
    )
    return sql, facts


def merge_sql(
    staging: Table, trips: Table, file: TripFile, contract: Contract, mode: MergeMode
) -> str:
    """One atomic statement. The partition stands in it as a literal, so that no other is read."""
    return statement(
        STATEMENTS[mode],
        trips=trips.quoted,
        staging=staging.quoted,
        columns=columns_sql(contract),
        file_month=file.month.first_day.isoformat(),
    )


def merge_result(load: Load, recorded: Iterable[Row]) -> MergeResult:
    """From the job's result; raises RowCountMismatchError where the load is not on record."""
    for row in recorded:
        return MergeResult(Outcome.MERGED, row.rows_merged, row.rows_replaced, row.load_id)
    raise RowCountMismatchError(
        f"{load.file.name} had {load.report.rows_staged:,} rows staged, but its month now has another "
        "number: another run of the month came between. If this file is to stay, clear the load task "
        "and those after it."
    )


def require_staging(warehouse: Warehouse, staging: Table) -> None:
    if warehouse.find(staging) is None:
        raise StagingMissingError(
            f"{staging} is gone: staging tables expire after a day. The trips table is as before. "
            "Clear the load task and those after it."
        )


def merged_before(warehouse: Warehouse, load: Load, force: bool) -> MergeResult | None:
    """The answer of a merge that need not be made: this run's own, or another's of the same file."""
    latest = latest_load(warehouse, load.file)
    if latest is None:
        return None
    if latest.belongs_to(load.run) and warehouse.find(load.staging) is None:
        log.info("Merged by an earlier try of this run, as load %d", latest.load_id)
        return MergeResult(Outcome.MERGED, latest.rows_merged, latest.rows_replaced, latest.load_id)
    if not force and unchanged_load(warehouse, load.file, load.landed):
        log.info("Another run has merged the same file meanwhile, as load %d", latest.load_id)
        return MergeResult(Outcome.UNCHANGED, latest.rows_merged, 0, latest.load_id)
    return None

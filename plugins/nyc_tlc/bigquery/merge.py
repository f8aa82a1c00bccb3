"""Merge: one statement that makes the trips table hold exactly this file's rows for its month."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nyc_tlc.bigquery.ledger import latest_load, record_merge, unchanged_load
from nyc_tlc.bigquery.sql import statement
from nyc_tlc.bigquery.trips import columns_sql
from nyc_tlc.errors import RowCountMismatch, StagingMissing
from nyc_tlc.loads import MergeMode, MergeResult, Outcome

if TYPE_CHECKING:
    from nyc_tlc.bigquery.place import Table
    from nyc_tlc.bigquery.warehouse import Warehouse
    from nyc_tlc.catalog import TripFile
    from nyc_tlc.contract import Contract
    from nyc_tlc.landing import LandedFile
    from nyc_tlc.ledger import Run
    from nyc_tlc.loads import CheckReport

log = logging.getLogger(__name__)

STATEMENTS = {MergeMode.REPLACE: "replace_month", MergeMode.INSERT_ONLY: "insert_missing"}


@dataclass(frozen=True)
class Load:
    """One file on its way into the trips table: what each step before the merge found."""

    file: TripFile
    run: Run
    landed: LandedFile
    report: CheckReport
    staging: Table
    rejected: int
    column_fingerprint: str
    unknown_columns: list[str]


def merge_sql(
    staging: Table, trips: Table, file: TripFile, contract: Contract, mode: MergeMode
) -> str:
    """The partition stands in it as a literal, so that BigQuery reads no other."""
    return statement(
        STATEMENTS[mode],
        trips=trips.quoted,
        staging=staging.quoted,
        columns=columns_sql(contract),
        file_month=file.month.first_day.isoformat(),
    )


def require_staging(warehouse: Warehouse, staging: Table) -> None:
    if warehouse.find(staging) is None:
        raise StagingMissing(
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


def finish_merge(warehouse: Warehouse, load: Load, mode: MergeMode, deleted: int) -> MergeResult:
    """Count the month, write the ledger, and drop the staging table.

    ``deleted``: rows that the statement took away, as BigQuery says.
    """
    rows = warehouse.month_rows(load.file)
    if mode is MergeMode.REPLACE and rows != load.report.rows_staged:
        raise RowCountMismatch(
            f"{load.file.name} had {load.report.rows_staged:,} rows staged, but its month now has "
            f"{rows:,}: another run of the month may have come after. Clear the merge task."
        )
    load_id = record_merge(
        warehouse, load.file, load.run, load.landed, load.report,
        rows_merged=rows, rows_replaced=deleted, rows_rejected=load.rejected, merge_mode=str(mode),
        column_fingerprint=load.column_fingerprint, unknown_columns=load.unknown_columns,
    )  # fmt: skip
    warehouse.drop(load.staging)
    return MergeResult(Outcome.MERGED, rows, deleted, load_id)

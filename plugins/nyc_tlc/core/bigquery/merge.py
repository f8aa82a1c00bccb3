"""Merge: one job that replaces the month's rows with the staged ones and records it in the ledger.

Merge and ledger are one job, not one transaction: BigQuery cancels one of two transactions that change
the same table, so months could not load in parallel. If BigQuery stops between the statements, or another
run merges the month at the same time, the month is not recorded and is merged again.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from nyc_tlc.core.bigquery.ledger import columns_and_values, unchanged_load, without_nulls
from nyc_tlc.core.bigquery.server_errors import MONTH_CHANGED
from nyc_tlc.core.bigquery.sql import statement
from nyc_tlc.core.bigquery.trips import columns_sql
from nyc_tlc.core.ledger import merged_before, merged_row
from nyc_tlc.core.loads import MergeMode, MergeOutcome, MergeResult

if TYPE_CHECKING:
    from nyc_tlc.core.bigquery.place import BigQueryTable, Place
    from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse
    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.contract.model import Contract
    from nyc_tlc.core.ledger import MergedLoad
    from nyc_tlc.core.loads import Load

log = logging.getLogger(__name__)

STATEMENTS = {MergeMode.REPLACE: "replace_month", MergeMode.INSERT_ONLY: "insert_missing"}


def merge_script(
    place: Place,
    load: Load,
    staging: BigQueryTable,
    contract: Contract,
    mode: MergeMode,
    latest: MergedLoad | None,
) -> tuple[str, dict[str, Any]]:
    """The job's SQL and its query parameters. Its result is the load's row in the ledger.

    ``latest``: the month's newest load; the job fails if another run has merged the month since.
    """
    row = without_nulls(merged_row(load, mode))
    trips = place.trips(load.file.taxi)
    replaces = mode is MergeMode.REPLACE
    sql = statement(
        "merge_and_record",
        merge=merge_sql(staging, trips, load.file, contract, mode),
        ledger=place.ledger.quoted,
        trips=trips.quoted,
        staging=staging.quoted,
        replaced="@@row_count - @rows_staged" if replaces else "0",
        holds="month_rows = @rows_staged AND id_sum = staged_ids" if replaces else "TRUE",
        changed=MONTH_CHANGED,
        **columns_and_values(row),
    )
    return sql, {**row, "newest_load": latest.load_id if latest else 0}


def merge_sql(
    staging: BigQueryTable,
    trips: BigQueryTable,
    file: TripFile,
    contract: Contract,
    mode: MergeMode,
) -> str:
    """One atomic statement. The partition is a literal in it, so that no other partition is read."""
    return statement(
        STATEMENTS[mode],
        trips=trips.quoted,
        staging=staging.quoted,
        columns=columns_sql(contract),
        file_month=file.month.first_day.isoformat(),
    )


def already_merged(
    warehouse: BigQueryWarehouse,
    latest: MergedLoad | None,
    load: Load,
    staging: BigQueryTable,
    force: bool,
) -> MergeResult | None:
    """The result if the merge is not needed, else None. ``latest``: the month's newest load."""
    return merged_before(
        latest,
        load,
        staging_is_gone=warehouse.find(staging) is None,
        is_unchanged=lambda: not force and bool(unchanged_load(warehouse, load.file, load.landed)),
    )


def merge_result(job: Any) -> MergeResult:
    """From the ledger's row that the merge job returned."""
    [row] = job.result()
    return MergeResult(MergeOutcome.MERGED, row.rows_merged, row.rows_replaced, row.load_id)

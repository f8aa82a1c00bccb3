"""### A taxi's month into Postgres

**find** the month's file → **download** it to landing → **stage** it in a table of this run →
**check** the staged rows → **merge** them into `{taxi}_tripdata` → **clean up**.

- By hand: *Trigger*, choose a month. Empty means the month of the run's data interval.
- Many months: *Trigger → Backfill*, or
  `airflow backfill create --dag-id tlc_postgres_green --from-date 2021-01-01 --to-date 2021-12-01`.
- A month that is loaded and has not changed at its source is skipped, unless **force** is set.
- What was loaded, and what was odd in it: `SELECT * FROM tlc_load ORDER BY load_id DESC`.

Connections: `tlc_postgres` (the warehouse) and, if not TLC's own server, `tlc_default`.
"""

from __future__ import annotations

from nyc_tlc.catalog import Taxi
from nyc_tlc.operators import (
    TaxiCheckOperator,
    TaxiCleanUpOperator,
    TaxiDownloadOperator,
    TaxiFindOperator,
    TaxiMergeOperator,
    TaxiStageOperator,
)
from nyc_tlc.wiring import LANDING, Warehouse, month_dag, trips_asset

for taxi in Taxi:
    with month_dag(Warehouse.POSTGRES, taxi, doc_md=__doc__):
        find = TaxiFindOperator(
            task_id="find",
            taxi=taxi,
            month="{{ params.month }}",
            source="{{ params.source }}",
            force="{{ params.force }}",
        )
        file = find.output
        download = TaxiDownloadOperator(task_id="download", file=file, landing=LANDING)
        stage = TaxiStageOperator(
            task_id="stage",
            file=file,
            landed=download.output,
            force="{{ params.force }}",
            max_rejects="{{ params.max_rejects }}",
        )
        check = TaxiCheckOperator(
            task_id="check", file=file, landed=download.output, staged=stage.output
        )
        merge = TaxiMergeOperator(
            task_id="merge",
            file=file,
            landed=download.output,
            staged=stage.output,
            report=check.output,
            mode="{{ params.merge }}",
            force="{{ params.force }}",
            outlets=[trips_asset(Warehouse.POSTGRES, taxi)],
        )
        clean_up = TaxiCleanUpOperator(task_id="clean_up", file=file, landing=LANDING)
        find >> download >> stage >> check >> merge >> clean_up.as_teardown(setups=find)

"""### A month of trips, as a page to look at

Which **months** → for each: **extract** it from the trips table to Parquet → **draw** the report in a
container with pandas and matplotlib → **clean up** the extract.

- Runs by itself when a month has been loaded, for each month whose newest load has no report yet: months
  loaded while this DAG was paused are made up for by its next run. By hand: *Trigger*, for one month
  or for whatever is new.
- What a picture shows is what the month's data has: for-hire vehicles have no fares.
- Look at it: *Browse → Taxi reports*, or the link *Report* in the details of the task `draw`. The files
  are in `<tlc_reports>/<taxi>/<month>/`: `report.png`, `days.csv`, `zones.csv`.
- Needs a container engine where the workers run, and the image: `make images`. See docs/containers.md.

Variables: `tlc_reports` (the folder, as Airflow sees it) and `tlc_reports_mount` (the same folder as the
container engine knows it: a path on its machine, or the name of a volume; unless set, as `tlc_reports`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import AssetAny, task_group

from nyc_tlc.core.catalog import Taxi, Warehouse
from nyc_tlc.operators.report import (
    PostgresExtractOperator,
    PostgresReportMonthsOperator,
    TaxiReportCleanUpOperator,
    TaxiReportOperator,
)
from nyc_tlc.wiring.dags import tool_dag
from nyc_tlc.wiring.defaults import REPORTS, REPORTS_MOUNT, trips_asset
from nyc_tlc.wiring.params import new_months_params

with tool_dag(
    "tlc_report",
    description="A month of trips as a picture and tables, drawn in a container",
    doc_md=__doc__,
    schedule=AssetAny(*(trips_asset(Warehouse.POSTGRES, taxi) for taxi in Taxi)),
    # Of many months at once: each to its end, before the next one's extract takes room on the disk.
    max_active_tasks=2,
    params=new_months_params(),
    tags=["postgres", "docker"],
    default_args={"execution_timeout": timedelta(minutes=30), "weight_rule": "upstream"},
):

    @task_group(group_id="report")
    def report(file: Any) -> None:
        extract = PostgresExtractOperator(task_id="extract", file=file, reports=REPORTS)
        draw = TaxiReportOperator(
            task_id="draw",
            file=extract.output,
            mount=REPORTS_MOUNT,
            memory="1g",
            execution_timeout=timedelta(minutes=10),
        )
        clean_up = TaxiReportCleanUpOperator(task_id="clean_up", file=file, reports=REPORTS)
        extract >> draw >> clean_up.as_teardown(setups=extract)

    months = PostgresReportMonthsOperator(
        task_id="months", reports=REPORTS, taxi="{{ params.taxi }}", month="{{ params.month }}"
    )
    report.expand(file=months.output)

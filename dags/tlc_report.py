"""### Draw a report of each month

List the **months** without a current report. Then, for each month: **extract** it from the trips table to
Parquet → **draw** the report in a container with pandas and matplotlib → **clean up** the extract.

- The DAG runs when a month has been loaded. It draws every month whose newest load has no report yet,
  so it also draws the months that were loaded while it was paused. You can also *Trigger* it, for one month
  or for all new ones.
- `tlc_report` reads Postgres, `tlc_bigquery_report` reads BigQuery. Both write the same files, so unpause
  only one of them.
- The report shows what the month's data has: for example, for-hire vehicles have no fares. It has a map if
  `tlc_zones` (or `tlc_bigquery_zones`) has loaded the zones' shapes.
- To see a report, open *Browse → Taxi reports*, or the link *Report* in the details of the task `draw`.
  The files are in `<tlc_reports>/<taxi>/<month>/`: `report.png`, `thumbnail.png`, `days.csv`, `zones.csv`.
- The DAG needs a container engine where the workers run, and its image: run `make images`. Or it runs the
  script as a pod in Kubernetes (Variable `tlc_scripts_run_in`). See docs/containers.md.

Variables: `tlc_reports` is the folder as Airflow sees it. `tlc_reports_mount` is the same folder as the
container engine sees it: a path on its machine, or the name of a volume. Its default is `tlc_reports`.
If `tlc_reports` is `s3://…` or `gs://…`, set `tlc_scripts_folder` to the folder that is mounted.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import AssetAny, task_group

from nyc_tlc.core.catalog import Taxi, Warehouse
from nyc_tlc.operators.report import (
    BigQueryExtractOperator,
    BigQueryReportMonthsOperator,
    PostgresExtractOperator,
    PostgresReportMonthsOperator,
    TaxiReportCleanUpOperator,
    TaxiReportOperator,
)
from nyc_tlc.wiring.dags import tool_dag
from nyc_tlc.wiring.defaults import (
    GOOGLE_CLOUD,
    REPORTS,
    REPORTS_MOUNT,
    SCRIPTS,
    SCRIPTS_FOLDER,
    WAREHOUSES,
    trips_asset,
)
from nyc_tlc.wiring.params import new_months_params


def report_dag(dag_id: str, warehouse: Warehouse, months: type, extract: type, place: Any) -> None:
    """``place``: what both operators need to find the warehouse."""
    with tool_dag(
        dag_id,
        description="Draws a month of trips as a picture and tables, in a container",
        doc_md=__doc__,
        auto_register=warehouse in WAREHOUSES,
        schedule=AssetAny(*(trips_asset(warehouse, taxi) for taxi in Taxi)),
        # With weight_rule, this finishes one month before it extracts the next: extracts need disk space.
        max_active_tasks=2,
        params=new_months_params(),
        tags=[str(warehouse), "docker"],
        default_args={"execution_timeout": timedelta(minutes=30), "weight_rule": "upstream"},
    ):

        @task_group(group_id="report")  # type: ignore[untyped-decorator]
        def report(file: Any) -> None:
            extracted = extract(task_id="extract", file=file, reports=REPORTS, **place)
            draw = TaxiReportOperator(
                task_id="draw",
                file=extracted.output,
                mount=REPORTS_MOUNT,
                reports=SCRIPTS_FOLDER,
                store=REPORTS,
                memory="1g",
                execution_timeout=timedelta(minutes=10),
                **SCRIPTS,
            )
            clean_up = TaxiReportCleanUpOperator(task_id="clean_up", file=file, reports=REPORTS)
            extracted >> draw >> clean_up.as_teardown(setups=extracted)

        new = months(
            task_id="months",
            reports=REPORTS,
            taxi="{{ params.taxi }}",
            month="{{ params.month }}",
            **place,
        )
        report.expand(file=new.output)


report_dag(
    "tlc_report", Warehouse.POSTGRES, PostgresReportMonthsOperator, PostgresExtractOperator, {}
)
report_dag(
    "tlc_bigquery_report", Warehouse.BIGQUERY, BigQueryReportMonthsOperator,
    BigQueryExtractOperator, GOOGLE_CLOUD,
)  # fmt: skip

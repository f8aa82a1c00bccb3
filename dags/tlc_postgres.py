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

import os
from datetime import UTC, datetime, time, timedelta

from airflow.sdk import DAG, CronDataIntervalTimetable, Param

from nyc_tlc.catalog import Month, Taxi, month_pattern
from nyc_tlc.failures import record_failure
from nyc_tlc.operators import (
    TaxiCheckOperator,
    TaxiCleanUpOperator,
    TaxiDownloadOperator,
    TaxiFindOperator,
    TaxiMergeOperator,
    TaxiStageOperator,
)

START_MONTH = Month.parse(os.environ.get("TLC_START_MONTH", "2019-01"))
LANDING = "{{ var.value.get('tlc_landing', 'file:///var/tmp/nyc_tlc/landing') }}"


def params(taxi: Taxi) -> dict[str, Param]:
    return {
        "month": Param(
            None,
            type=["null", "string"],
            pattern=month_pattern(taxi.first_month),
            title="Month",
            examples=["2021-01", "2021-02", "2021-03"],
            description=f"YYYY-MM, {taxi.first_month} or later. Empty: the run's data interval.",
        ),
        "source": Param(
            "parquet",
            enum=["parquet", "csv"],
            values_display={"parquet": "TLC's Parquet", "csv": "The course's CSV mirror"},
            title="Source",
        ),
        "force": Param(False, type="boolean", title="Load even if unchanged"),
        "max_rejects": Param(
            0,
            type="integer",
            minimum=0,
            title="Rows that may be unreadable",
            description="They go to tlc_reject as they stand; one more fails the run.",
        ),
        "merge": Param(
            "replace",
            enum=["replace", "insert_only"],
            values_display={
                "replace": "The month becomes the file",
                "insert_only": "Only add rows that are new (the course's way)",
            },
            title="Merge",
        ),
    }


def tlc_postgres(taxi: Taxi) -> None:
    with DAG(
        dag_id=f"tlc_postgres_{taxi}",
        description=f"{taxi.capitalize()} taxi months into Postgres, each exactly once",
        doc_md=(__doc__ or "").replace("{taxi}", taxi),
        schedule=CronDataIntervalTimetable("0 0 1 * *", timezone="UTC"),
        start_date=datetime.combine(max(taxi.first_month, START_MONTH).first_day, time(), UTC),
        catchup=True,
        max_active_runs=4,
        is_paused_upon_creation=True,
        render_template_as_native_obj=True,
        params=params(taxi),
        tags=["tlc", "postgres", str(taxi)],
        default_args={
            "retries": 3,
            "retry_delay": timedelta(seconds=30),
            "retry_exponential_backoff": True,
            "max_retry_delay": timedelta(minutes=10),
            "execution_timeout": timedelta(hours=2),
            "on_failure_callback": record_failure,
        },
    ):
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
        )
        clean_up = TaxiCleanUpOperator(task_id="clean_up", file=file, landing=LANDING)
        find >> download >> stage >> check >> merge >> clean_up.as_teardown(setups=find)


for each in Taxi:
    tlc_postgres(each)

"""### Load a taxi's month into Postgres

**find** the month's file → **download** it to landing → **stage** it in a table of this run →
**check** the staged rows → **merge** them into `{taxi}_tripdata` → **clean up**.

- [Taxi months](plugin/taxi-months) shows which months are loaded and which are missing, and loads them.
- One month: choose *Trigger* and fill in the month. While this DAG is paused, its runs stay queued: leave
  *Unpause … on trigger* ticked. Scheduled and backfill runs load the month of their data interval.
- Many months: choose *Trigger → Backfill*, or run
  `airflow backfill create --dag-id tlc_postgres_green --from-date 2021-01-01 --to-date 2021-12-01`.
- **find** chooses the branch; its log and its XCom say why. If the file is already loaded and has not
  changed, the run ends with **unchanged**. Set *force* to load it anyway.
- If the month is not published yet, scheduled runs wait without holding a worker slot, and other runs
  fail. The field *If the month is not published yet* changes this.
- To see what was loaded, and how many rows are odd: `SELECT * FROM tlc_load ORDER BY load_id DESC`.

Connection: `tlc_postgres` (the warehouse). To download from another server than TLC's, define the
connection `tlc_default` too.
"""

from __future__ import annotations

from airflow.sdk import TaskGroup

from nyc_tlc.core.catalog import Warehouse
from nyc_tlc.operators.download import TaxiDownloadOperator
from nyc_tlc.operators.postgres import (
    PostgresCheckOdditiesOperator,
    PostgresCheckRowsOperator,
    PostgresCleanUpOperator,
    PostgresMergeOperator,
    PostgresStageOperator,
)
from nyc_tlc.sensors.find import PostgresFindSensor
from nyc_tlc.wiring.dags import month_dag, outcomes_without_a_load, taxis_of
from nyc_tlc.wiring.defaults import LANDING, POKE_INTERVAL, SOURCE, trips_asset

for taxi in taxis_of(Warehouse.POSTGRES):
    with month_dag(Warehouse.POSTGRES, taxi, doc_md=__doc__):
        find = PostgresFindSensor(
            task_id="find",
            taxi=taxi,
            month="{{ params.month }}",
            source=SOURCE,
            if_unpublished="{{ params.if_unpublished }}",
            poke_interval=POKE_INTERVAL,
            force="{{ params.force }}",
            verify="{{ params.verify }}",
        )
        file = find.output
        download = TaxiDownloadOperator(task_id="download", file=file, landing=LANDING)
        stage = PostgresStageOperator(
            task_id="stage",
            file=file,
            landed=download.output,
            force="{{ params.force }}",
            max_rejects="{{ params.max_rejects }}",
        )
        with TaskGroup("check", prefix_group_id=False):
            rows = PostgresCheckRowsOperator(
                task_id="check_rows", file=file, landed=download.output, staged=stage.output
            )
            oddities = PostgresCheckOdditiesOperator(
                task_id="check_oddities", file=file, staged=stage.output
            )
        merge = PostgresMergeOperator(
            task_id="merge",
            file=file,
            landed=download.output,
            staged=stage.output,
            oddities=oddities.output,
            mode="{{ params.merge }}",
            force="{{ params.force }}",
            outlets=[trips_asset(Warehouse.POSTGRES, taxi)],
        )
        clean_up = PostgresCleanUpOperator(
            task_id="clean_up", file=file, landing=LANDING, keep_landed="{{ params.keep }}"
        )
        find >> outcomes_without_a_load()
        find >> download >> stage >> [rows, oddities] >> merge
        merge >> clean_up.as_teardown(setups=download)

"""### Load a taxi's month into BigQuery

**find** the month's file → **download** it to landing → **upload** it to `gs://BUCKET/raw/…` →
**transform** it to canonical rows, also in the bucket → **load** them into a staging table → **check**
the staged rows → **merge** them into `{taxi}_tripdata` → **clean up**.

- First time: run `tlc_gcp_setup`. It creates the bucket and the datasets. Set the Variables
  `gcp_project_id`, `gcp_location`, `gcp_bucket_name` and `gcp_dataset` first. The connection is
  `google_cloud_default`.
- [Taxi months](plugin/taxi-months) shows which months are loaded and which are missing, and loads them.
- One month: choose *Trigger* and fill in the month. While this DAG is paused, its runs stay queued: leave
  *Unpause … on trigger* ticked. Scheduled and backfill runs load the month of their data interval.
- Many months: choose *Trigger → Backfill*, or run
  `airflow backfill create --dag-id tlc_bigquery_green --from-date 2021-01-01 --to-date 2021-12-01`.
- To bring files to the bucket only, set *Load until* to the bucket.
- The cost of a month depends on the size of that month only, not on the size of the table
  (`docs/google-cloud.md`).
- To see what was loaded, and how many rows are odd:
  `SELECT * FROM nyc_tlc.tlc_load ORDER BY load_id DESC`.
"""

from __future__ import annotations

from airflow.sdk import TaskGroup

from nyc_tlc.core.catalog import Warehouse
from nyc_tlc.operators.bigquery import (
    BigQueryCheckOdditiesOperator,
    BigQueryCheckRowsOperator,
    BigQueryCleanUpOperator,
    BigQueryLoadOperator,
    BigQueryMergeOperator,
    BigQueryTransformOperator,
    BigQueryUploadOperator,
)
from nyc_tlc.operators.download import TaxiDownloadOperator
from nyc_tlc.sensors.find import BigQueryFindSensor
from nyc_tlc.wiring.dags import month_dag, outcomes_without_a_load, taxis_of
from nyc_tlc.wiring.defaults import (
    BIGQUERY_JOB,
    GOOGLE_CLOUD,
    LANDING,
    POKE_INTERVAL,
    SOURCE,
    trips_asset,
)
from nyc_tlc.wiring.params import bigquery_month_params

for taxi in taxis_of(Warehouse.BIGQUERY):
    with month_dag(Warehouse.BIGQUERY, taxi, doc_md=__doc__, params=bigquery_month_params(taxi)):
        find = BigQueryFindSensor(
            task_id="find",
            taxi=taxi,
            month="{{ params.month }}",
            source=SOURCE,
            if_unpublished="{{ params.if_unpublished }}",
            poke_interval=POKE_INTERVAL,
            force="{{ params.force }}",
            verify="{{ params.verify }}",
            **GOOGLE_CLOUD,
        )
        file = find.output
        download = TaxiDownloadOperator(task_id="download", file=file, landing=LANDING)
        upload = BigQueryUploadOperator(
            task_id="upload",
            file=file,
            landed=download.output,
            force="{{ params.force }}",
            **GOOGLE_CLOUD,
        )
        transform = BigQueryTransformOperator(
            task_id="transform",
            file=file,
            landed=download.output,
            sent=upload.output,
            max_rejects="{{ params.max_rejects }}",
            until="{{ params.until }}",
            **GOOGLE_CLOUD,
        )
        load = BigQueryLoadOperator(
            task_id="load", file=file, prepared=transform.output, **BIGQUERY_JOB
        )
        with TaskGroup("check", prefix_group_id=False):
            rows = BigQueryCheckRowsOperator(
                task_id="check_rows",
                file=file,
                landed=download.output,
                staged=load.output,
                **GOOGLE_CLOUD,
            )
            oddities = BigQueryCheckOdditiesOperator(
                task_id="check_oddities", file=file, **BIGQUERY_JOB
            )
        merge = BigQueryMergeOperator(
            task_id="merge",
            file=file,
            landed=download.output,
            staged=load.output,
            oddities=oddities.output,
            mode="{{ params.merge }}",
            force="{{ params.force }}",
            outlets=[trips_asset(Warehouse.BIGQUERY, taxi)],
            **BIGQUERY_JOB,
        )
        clean_up = BigQueryCleanUpOperator(
            task_id="clean_up",
            file=file,
            landing=LANDING,
            keep_landed="{{ params.keep }}",
            **GOOGLE_CLOUD,
        )
        find >> outcomes_without_a_load()
        find >> download >> upload >> transform >> load >> [rows, oddities] >> merge
        merge >> clean_up.as_teardown(setups=download)

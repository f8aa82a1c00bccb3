"""### Set up Google Cloud

Creates the bucket and the two datasets in the configured location if they are missing. Then it checks
that location, bucket, datasets and connection work together. If they do not, the task fails and the
error says what to change.

Run it once before you load the first month. It is safe to run it again: it changes nothing except the
age of raw files, if you set it.

| Variable | in the course's KV store | value |
|---|---|---|
| `gcp_project_id` | `GCP_PROJECT_ID` | the project's id |
| `gcp_location` | `GCP_LOCATION` | `US`, `EU`, `europe-west2`, … (default `US`) |
| `gcp_bucket_name` | `GCP_BUCKET_NAME` | a globally unique name, such as `<project>-nyc-tlc` |
| `gcp_dataset` | `GCP_DATASET` | default `nyc_tlc`; staging tables are in `<dataset>_staging` |

The connection is `google_cloud_default`.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param

from nyc_tlc.core.catalog import Warehouse
from nyc_tlc.operators.bigquery import BigQuerySetupOperator
from nyc_tlc.wiring.dags import tool_dag
from nyc_tlc.wiring.defaults import GOOGLE_CLOUD, WAREHOUSES

with tool_dag(
    "tlc_gcp_setup",
    description="Creates the bucket and the datasets for BigQuery",
    doc_md=__doc__,
    params={
        "keep_raw_days": Param(
            None,
            type=["null", "integer"],
            minimum=0,
            title="Days to keep raw files",
            description_md=(
                "The bucket deletes raw files after this many days. 0 keeps them. Leave empty to keep "
                "the bucket's current rule."
            ),
        )
    },
    tags=["bigquery"],
    auto_register=Warehouse.BIGQUERY in WAREHOUSES,
    default_args={"execution_timeout": timedelta(minutes=10)},
):
    BigQuerySetupOperator(
        task_id="setup", keep_raw_days="{{ params.keep_raw_days }}", **GOOGLE_CLOUD
    )

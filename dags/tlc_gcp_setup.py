"""### Google Cloud, made ready

Makes the bucket and the two datasets where they are missing, in the configured location, and checks
that location, bucket, datasets and connection go together. What does not is said, with its fix. Run it
once before the first month; running it again changes nothing but, if given, the age of raw files.

| Variable | in the course's KV store | |
|---|---|---|
| `gcp_project_id` | `GCP_PROJECT_ID` | the project's id |
| `gcp_location` | `GCP_LOCATION` | `US`, `EU`, `europe-west2`, … (default `US`) |
| `gcp_bucket_name` | `GCP_BUCKET_NAME` | unique in the whole world: `<project>-nyc-tlc` |
| `gcp_dataset` | `GCP_DATASET` | default `nyc_tlc`; staging tables live in `<dataset>_staging` |

The connection is `google_cloud_default`.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param

from nyc_tlc.operators.bigquery import BigQuerySetupOperator
from nyc_tlc.wiring.dags import tool_dag
from nyc_tlc.wiring.defaults import GOOGLE_CLOUD

with tool_dag(
    "tlc_gcp_setup",
    description="Bucket and datasets for the months in BigQuery",
    doc_md=__doc__,
    params={
        "keep_raw_days": Param(
            None,
            type=["null", "integer"],
            minimum=0,
            title="Days to keep raw files",
            description_md=(
                "The bucket deletes older files by itself; 0 keeps them. Empty leaves the bucket's "
                "rule as it is."
            ),
        )
    },
    tags=["bigquery"],
    default_args={"execution_timeout": timedelta(minutes=10)},
):
    BigQuerySetupOperator(
        task_id="setup", keep_raw_days="{{ params.keep_raw_days }}", **GOOGLE_CLOUD
    )

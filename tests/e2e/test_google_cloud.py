"""Loads a month into a real Google Cloud project, twice, then deletes everything. Runs only on request.

``TLC_GCP_PROJECT=my-project pytest tests/e2e/test_google_cloud.py``, with application default
credentials; ``TLC_GCP_LOCATION`` is US unless set. The test creates its own bucket and datasets.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.missing import needs

PROJECT = os.environ.get("TLC_GCP_PROJECT")
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        not PROJECT, reason=needs("a Google Cloud project", "export TLC_GCP_PROJECT=name")
    ),
]

ROOT = Path(__file__).parents[2]
LOCATION = os.environ.get("TLC_GCP_LOCATION", "US")


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[dict[str, str]]:
    from google.cloud import bigquery, storage

    from dev.cli import prepare
    from dev.environment import airflow_environment

    name = f"tlc_smoke_{uuid.uuid4().hex[:10]}"
    bucket = f"{PROJECT}-{name}".replace("_", "-")
    source = {
        "conn_type": "nyc_tlc",
        "host": (ROOT / "dev" / "samples" / "trip-data").as_uri(),
    }
    environment = airflow_environment(
        {
            **os.environ,
            "AIRFLOW_HOME": str(tmp_path),
            "AIRFLOW_CONN_TLC_POSTGRES": "postgres://unused",
            "AIRFLOW_CONN_TLC_DEFAULT": json.dumps(source),
            "AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT": "google-cloud-platform://",
            "AIRFLOW_VAR_TLC_LANDING": (tmp_path / "landing").as_uri(),
            "AIRFLOW_VAR_GCP_PROJECT_ID": str(PROJECT),
            "AIRFLOW_VAR_GCP_LOCATION": LOCATION,
            "AIRFLOW_VAR_GCP_BUCKET_NAME": bucket,
            "AIRFLOW_VAR_GCP_DATASET": name,
        }
    )
    prepare(environment)
    try:
        yield environment
    finally:
        client = bigquery.Client(PROJECT)
        for dataset in (name, f"{name}_staging"):
            client.delete_dataset(dataset, delete_contents=True, not_found_ok=True)
        made = storage.Client(PROJECT).lookup_bucket(bucket)
        if made:
            made.delete(force=True)


def run(environment: dict[str, str], dag_id: str, *confs: dict[str, Any]) -> list[str]:
    command = [sys.executable, str(ROOT / "tests" / "e2e" / "run_dag.py"), dag_id]
    done = subprocess.run(
        [*command, *map(json.dumps, confs)], env=environment, capture_output=True, text=True
    )
    lines = [line[4:] for line in done.stdout.splitlines() if line.startswith("RUN ")]
    states = [json.loads(line)["state"] for line in lines]
    assert states == ["success"] * len(confs), done.stdout + done.stderr
    return states


def test_a_month_twice(cloud: dict[str, str]) -> None:
    from google.cloud import bigquery

    dataset = cloud["AIRFLOW_VAR_GCP_DATASET"]
    run(cloud, "tlc_gcp_setup", {}, {})
    month = {"month": "2021-01"}
    run(cloud, "tlc_bigquery_green", month, month, {**month, "force": True})
    client = bigquery.Client(PROJECT, location=LOCATION)
    loads = list(
        client.query_and_wait(
            f"SELECT rows_read, rows_merged, rows_replaced FROM {dataset}.tlc_load ORDER BY load_id"
        )
    )
    assert [load.rows_replaced for load in loads] == [0, loads[0].rows_read]
    [trips] = client.query_and_wait(f"SELECT COUNT(*) AS n FROM {dataset}.green_tripdata")
    assert trips.n == loads[0].rows_read == loads[1].rows_merged
    assert list(client.list_tables(f"{dataset}_staging")) == []


def test_the_lab_s_tables_and_what_a_query_reads(cloud: dict[str, str]) -> None:
    from google.cloud import bigquery

    run(cloud, "tlc_gcp_setup", {})
    run(cloud, "tlc_bigquery_green", {"month": "2021-01"})
    tables = ("external", "plain", "partitioned")
    run(cloud, "tlc_lab", *({"table": table, "taxi": "green", "year": 2021} for table in tables))
    client = bigquery.Client(PROJECT, location=LOCATION)
    dataset = cloud["AIRFLOW_VAR_GCP_DATASET"]
    query = (ROOT / "dags" / "sql" / "bigquery" / "lab_query.sql").read_text()
    dry = bigquery.QueryJobConfig(dry_run=True, use_query_cache=False)

    def bytes_of(table: str) -> int:
        filled = query.format(
            table=f"`{PROJECT}.{dataset}.{table}`", dropoff="lpep_dropoff_datetime", year=2021
        )
        return int(client.query(filled, job_config=dry).total_bytes_processed)

    assert bytes_of("green_2021_partitioned") < bytes_of("green_2021")

"""``airflow dags backfill`` as in Airflow 2, with bin/airflow and a real scheduler."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from test_backfill import wait_for

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
DAG_ID = "tlc_postgres_yellow"
MONTHS = ["2020-01", "2020-02"]


def bin_airflow(airflow: Any, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "bin" / "airflow", *words],
        env=dict(airflow.environment), capture_output=True, text=True,
    )  # fmt: skip


def test_it_backfills_over_the_scheduler(
    airflow: Any, warehouse: psycopg.Connection[Any], publish_made_up: Callable[..., None]
) -> None:
    for month in MONTHS:
        publish_made_up("yellow", month, rows=500)
    airflow.pause(DAG_ID)
    words = ("dags", "backfill", DAG_ID, "-s", "2020-01-01", "-e", "2020-02-01", "-y")

    planned = bin_airflow(airflow, *words, "-n")
    assert planned.returncode == 0, planned.stderr
    assert "2020-01-01 00:00:00" in planned.stdout
    assert not runs(airflow)

    made = bin_airflow(airflow, *words, "--conf", '{"source": "parquet"}')
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith(f"$ airflow backfill create --dag-id {DAG_ID} --from-date 2020")
    assert f"airflow dags unpause {DAG_ID}" in made.stdout
    again = bin_airflow(airflow, *words)
    assert again.returncode == 1
    assert again.stderr.splitlines()[-1].startswith("AlreadyRunningBackfill: ")

    airflow.unpause(DAG_ID)
    wait_for("the backfill", lambda: {run["state"] for run in runs(airflow)} == {"success"})
    airflow.close_backfills(DAG_ID)
    query = """
        SELECT to_char(file_month, 'YYYY-MM'), count(*) FROM yellow_tripdata
        WHERE file_month < '2020-03-01' GROUP BY 1
    """
    assert dict(warehouse.execute(query).fetchall()) == dict.fromkeys(MONTHS, 500)


def test_an_option_that_airflow_3_does_not_have_is_refused_with_an_alternative(
    airflow: Any,
) -> None:
    refused = bin_airflow(airflow, "dags", "backfill", DAG_ID, "-s", "2020-01-01", "-t", "stage")
    assert refused.returncode == 2
    assert "Airflow 3 has no -t. " in refused.stderr
    assert "airflow tasks clear" in refused.stderr


def runs(airflow: Any) -> list[dict[str, Any]]:
    found = airflow.get(f"dags/{DAG_ID}/dagRuns", run_type="backfill")["dag_runs"]
    assert len(found) in (0, len(MONTHS))
    return list(found)

"""The main job: months over HTTP into Postgres, by backfills and triggers of a real Airflow."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.support.trip_data import TripData

pytestmark = pytest.mark.e2e

DAG_ID = "tlc_postgres_green"
SPANS = [("2020-03", "2020-06"), ("2020-12", "2021-03"), ("2022-12", "2023-03"), ("2023-12",) * 2]
CSV_MONTHS = ("2020-03", "2020-04", "2020-05", "2020-10", "2020-12")
DONE = {"success", "failed"}
LOADING = ("download", "stage", "check_rows", "check_oddities", "merge", "clean_up")


@pytest.fixture(scope="module", autouse=True)
def unpaused(airflow: Any) -> None:
    airflow.unpause(DAG_ID)


def wait_for(what: str, found: Callable[[], Any], seconds: int = 300) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(1)
    pytest.fail(f"{what}: not within {seconds} s")


def backfill(
    airflow: Any, first: str, last: str, reprocess_behavior: str = "none"
) -> list[dict[str, Any]]:
    """Backfill some months; the runs, when all have ended."""
    body = {
        "dag_id": DAG_ID, "from_date": f"{first}-01T00:00:00Z", "to_date": f"{last}-01T00:00:00Z",
        "max_active_runs": 4, "reprocess_behavior": reprocess_behavior,
    }  # fmt: skip
    created = airflow.post("backfills", body)["created_at"]

    def ended() -> list[dict[str, Any]]:
        runs = [
            run
            for run in airflow.get(f"dags/{DAG_ID}/dagRuns", run_type="backfill", limit=100)[
                "dag_runs"
            ]
            if first <= run["data_interval_start"][:7] <= last and run["queued_at"] >= created
        ]
        return runs if runs and all(run["state"] in DONE for run in runs) else []

    runs = wait_for(f"backfill {first} to {last}", ended)
    airflow.close_backfills(DAG_ID)
    return list(runs)


def trigger(airflow: Any, **conf: Any) -> dict[str, Any]:
    return dict(airflow.post(f"dags/{DAG_ID}/dagRuns", {"logical_date": None, "conf": conf}))


def ended(airflow: Any, run: dict[str, Any]) -> dict[str, Any]:
    path = f"dags/{DAG_ID}/dagRuns/{run['dag_run_id']}"
    return dict(wait_for(path, lambda: (r := airflow.get(path))["state"] in DONE and r))


def task_states(airflow: Any, run: dict[str, Any]) -> dict[str, str]:
    tasks = airflow.get(f"dags/{DAG_ID}/dagRuns/{run['dag_run_id']}/taskInstances")
    return {task["task_id"]: task["state"] for task in tasks["task_instances"]}


def rows_by_month(warehouse: psycopg.Connection[Any]) -> dict[str, int]:
    query = "SELECT to_char(file_month, 'YYYY-MM'), count(*) FROM green_tripdata GROUP BY 1"
    return dict(warehouse.execute(query).fetchall())


def published_rows(trip_data: TripData, month: str) -> int:
    return trip_data.rows[f"green_tripdata_{month}.parquet"]


def test_thirteen_months_load_by_backfill_and_stay_as_they_are(
    airflow: Any, warehouse: psycopg.Connection[Any], slow_trip_data: TripData
) -> None:
    for first, last in SPANS:
        assert {run["state"] for run in backfill(airflow, first, last)} == {"success"}
    loaded = rows_by_month(warehouse)
    assert len(loaded) == 13
    assert loaded == {month: published_rows(slow_trip_data, month) for month in loaded}

    again = [run for span in SPANS for run in backfill(airflow, *span, "completed")]
    assert len(again) == 13
    for run in again:
        states = task_states(airflow, run)
        assert (states["find"], states["unchanged"]) == ("success", "success")
        assert {states[step] for step in LOADING} == {"skipped"}
    assert rows_by_month(warehouse) == loaded
    assert warehouse.execute("SELECT count(*) FROM tlc_load").fetchone() == (13,)
    staging = "SELECT count(*) FROM pg_tables WHERE schemaname = 'staging'"
    assert warehouse.execute(staging).fetchone() == (0,)


def test_five_csv_months_load_by_trigger_and_replace_their_parquet(
    airflow: Any, warehouse: psycopg.Connection[Any], slow_trip_data: TripData
) -> None:
    runs = [trigger(airflow, month=month, source="csv") for month in CSV_MONTHS]
    assert [ended(airflow, run)["state"] for run in runs] == ["success"] * len(CSV_MONTHS)
    loaded = rows_by_month(warehouse)
    for month in CSV_MONTHS:
        with gzip.open(slow_trip_data / f"csv-mirror/green_tripdata_{month}.csv.gz") as lines:
            assert loaded[month] == sum(1 for _ in lines) - 1


def test_one_month_twice_at_once_ends_as_one_load(
    airflow: Any, warehouse: psycopg.Connection[Any], slow_trip_data: TripData
) -> None:
    warehouse.execute("DELETE FROM green_tripdata WHERE file_month = '2021-02-01'")
    runs = [trigger(airflow, month="2021-02") for _ in range(2)]
    assert [ended(airflow, run)["state"] for run in runs] == ["success"] * 2
    assert rows_by_month(warehouse)["2021-02"] == published_rows(slow_trip_data, "2021-02")


def test_an_unpublished_month_fails_without_a_retry_and_is_recorded(
    airflow: Any, warehouse: psycopg.Connection[Any]
) -> None:
    run = ended(airflow, trigger(airflow, month="2024-12"))
    assert run["state"] == "failed"
    tasks = airflow.get(f"dags/{DAG_ID}/dagRuns/{run['dag_run_id']}/taskInstances")
    [find] = [task for task in tasks["task_instances"] if task["task_id"] == "find"]
    assert (find["state"], find["try_number"]) == ("failed", 1)
    query = "SELECT error_class FROM tlc_load WHERE outcome = 'failed' AND run_id = %s"
    recorded = warehouse.execute(query, [run["dag_run_id"]]).fetchone()
    assert recorded is not None
    assert recorded[0] == "NotPublishedError"


def test_an_invalid_month_is_refused_before_any_task_runs(airflow: Any) -> None:
    with pytest.raises(RuntimeError, match="2021-13"):
        airflow.cli("dags", "trigger", DAG_ID, "--conf", '{"month": "2021-13"}')

"""``tlc_range``: months of two taxis by one form, one of each fails, with a real scheduler."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from test_backfill import DONE, wait_for

from nyc_tlc.core.catalog import Month, Taxi

pytestmark = pytest.mark.e2e

DAG_ID = "tlc_range"
TAXIS = ["yellow", "green"]
CONF = {
    "taxis": TAXIS, "from_year": "2020", "from_month": "05", "to_year": "2020", "to_month": "07",
}  # fmt: skip


@pytest.fixture(scope="module")
def ended(airflow: Any, publish_made_up: Callable[..., None]) -> dict[str, Any]:
    """A run of May to July, of which July is published for no taxi."""
    for month in ("2020-05", "2020-06"):
        publish_made_up("yellow", month, rows=700)
    for dag_id in (DAG_ID, *(f"tlc_postgres_{taxi}" for taxi in TAXIS)):
        airflow.unpause(dag_id)
    run = airflow.post(f"dags/{DAG_ID}/dagRuns", {"logical_date": None, "conf": CONF})
    path = f"dags/{DAG_ID}/dagRuns/{run['dag_run_id']}"
    return dict(wait_for(path, lambda: (r := airflow.get(path))["state"] in DONE and r, 600))


def tasks(airflow: Any, run: dict[str, Any]) -> list[dict[str, Any]]:
    found = airflow.get(f"dags/{DAG_ID}/dagRuns/{run['dag_run_id']}/taskInstances")
    return list(found["task_instances"])


def test_every_month_of_every_taxi_is_a_task_of_its_own(airflow: Any) -> None:
    """The longest range there is; its loads are marked as done, not run. A scheduler would take an
    unpaused DAG's tasks out of the test's hands.
    """
    airflow.pause(DAG_ID)
    for taxi in Taxi:
        airflow.unpause(f"tlc_postgres_{taxi}")
    now = Month.of(dt.datetime.now(dt.UTC).date())
    conf = {
        "taxis": list(Taxi), "from_year": "2009", "from_month": "01",
        "to_year": f"{now.year}", "to_month": f"{now.number:02d}",
    }  # fmt: skip
    count = {taxi: len(taxi.first_month.through(now)) for taxi in Taxi}
    all_months = sum(count.values())
    assert all_months > 600
    with pytest.raises(RuntimeError, match=f"{all_months} of {all_months} months failed"):
        airflow.cli(
            "dags", "test", DAG_ID, "--conf", json.dumps(conf),
            "--mark-success-pattern", r".*\.load",
        )  # fmt: skip
    [run] = airflow.get(f"dags/{DAG_ID}/dagRuns")["dag_runs"]
    path = f"dags/{DAG_ID}/dagRuns/{run['dag_run_id']}/taskInstances"
    for taxi in Taxi:
        mapped = airflow.get(f"{path}/{taxi}.load/listMapped", state="success")
        assert mapped["total_entries"] == count[taxi]
    for task_id in ("summary", *(f"{taxi}.months" for taxi in Taxi)):
        value = airflow.get(f"{path}/{task_id}/xcomEntries/return_value")["value"]
        assert len(json.dumps(value)) < 2048


def test_a_month_that_fails_stops_no_other(
    airflow: Any, ended: dict[str, Any], warehouse: psycopg.Connection[Any]
) -> None:
    states = {
        task["rendered_map_index"]: task["state"]
        for task in tasks(airflow, ended)
        if task["task_id"].endswith(".load") and task["map_index"] >= 0
    }
    assert states == {
        f"{taxi} 2020-{month}": "failed" if month == "07" else "success"
        for taxi in TAXIS
        for month in ("05", "06", "07")
    }
    query = """
        SELECT to_char(file_month, 'YYYY-MM'), count(*) FROM yellow_tripdata
        WHERE file_month >= '2020-05-01' GROUP BY 1
    """
    assert dict(warehouse.execute(query).fetchall()) == {"2020-05": 700, "2020-06": 700}
    assert ended["state"] == "failed"


def test_the_summary_names_what_failed_and_is_small(airflow: Any, ended: dict[str, Any]) -> None:
    path = f"dags/{DAG_ID}/dagRuns/{ended['dag_run_id']}/taskInstances/summary"
    entry = airflow.get(f"{path}/xcomEntries/return_value", deserialize="true")
    result = entry["value"]
    result = json.loads(result) if isinstance(result, str) else result
    assert len(json.dumps(result)) < 2048
    assert result["loaded"] + result["unchanged"] == 4
    assert result["failed_months"] == ["yellow 2020-07", "green 2020-07"]
    log = re.sub(" +", " ", json.dumps(airflow.get(f"{path}/logs/1")))
    assert "2 of 6 months failed: yellow 2020-07, green 2020-07" in log
    assert "yellow 2020-05 loaded 700" in log
    assert "yellow 2020-07 failed" in log
    assert "NotPublishedError: " in log


def test_a_run_of_a_month_is_named_by_it_in_the_taxis_dag(
    airflow: Any, ended: dict[str, Any]
) -> None:
    runs = airflow.get("dags/tlc_postgres_yellow/dagRuns", limit=100)["dag_runs"]
    ours = {run["dag_run_id"] for run in runs if ended["dag_run_id"] in run["dag_run_id"]}
    assert ours == {f"2020-{month}__{ended['dag_run_id']}" for month in ("05", "06", "07")}


def test_one_task_per_year_loads_the_same_months(
    airflow: Any, ended: dict[str, Any], warehouse: psycopg.Connection[Any]
) -> None:
    """After the runs per month: the DAGs that those need may be paused here."""
    airflow.pause("tlc_postgres_yellow")
    conf = {**CONF, "taxis": ["yellow"], "mode": "year_tasks", "force": True}
    run = airflow.post(f"dags/{DAG_ID}/dagRuns", {"logical_date": None, "conf": conf})
    path = f"dags/{DAG_ID}/dagRuns/{run['dag_run_id']}"
    wait_for(path, lambda: airflow.get(path)["state"] == "failed", 300)
    [year] = [
        task
        for task in tasks(airflow, run)
        if task["task_id"] == "yellow.load_year" and task["map_index"] == 0
    ]
    assert (year["rendered_map_index"], year["try_number"]) == ("yellow 2020", 1)
    log = re.sub(" +", " ", json.dumps(airflow.get(f"{path}/taskInstances/summary/logs/1")))
    assert "1 of 3 months failed: yellow 2020-07" in log
    assert "yellow 2020-06 loaded 700" in log
    query = """
        SELECT to_char(file_month, 'YYYY-MM'), outcome FROM tlc_load
        WHERE dag_id = %s AND run_id = %s ORDER BY 1
    """
    assert warehouse.execute(query, [DAG_ID, run["dag_run_id"]]).fetchall() == [
        ("2020-05", "merged"), ("2020-06", "merged"), ("2020-07", "failed"),
    ]  # fmt: skip


def test_a_range_that_ends_before_it_starts_is_refused(airflow: Any) -> None:
    conf = {**CONF, "from_year": "2021"}
    run = airflow.post(f"dags/{DAG_ID}/dagRuns", {"logical_date": None, "conf": conf})
    path = f"dags/{DAG_ID}/dagRuns/{run['dag_run_id']}"
    wait_for(path, lambda: airflow.get(path)["state"] == "failed", 300)
    log = json.dumps(airflow.get(f"{path}/taskInstances/green.months/logs/1"))
    assert "MonthError:\\n  The range ends in 2020-07" in log
    assert "Traceback" not in log
    assert "error_detail" not in log


def test_the_form_refuses_an_unknown_taxi(airflow: Any) -> None:
    with pytest.raises(RuntimeError, match="unicorn"):
        airflow.cli("dags", "trigger", DAG_ID, "--conf", '{"taxis": ["unicorn"]}')

"""The stack as a user has it: up, months loaded and looked at, a report drawn, down."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from browser import (
    CHROMIUM,
    log_in_to_airflow,
    log_in_to_pgadmin,
    look_at_rows,
    node,
    open_in_tree,
    page,
    picture,
)
from stack_under_test import Stack

from missing import missing

pytestmark = [pytest.mark.e2e, pytest.mark.docker]

DAG_ID = "tlc_postgres_green"
MONTHS = ("2021-01", "2021-02")
ENDED = {"success", "failed"}


@pytest.fixture(scope="module")
def running(stack: Stack, images: None) -> Stack:
    """All of it. First the databases alone, with other passwords, as if .env had been made anew."""
    stack.up("roles", "pgadmin")
    stack.make_secrets()
    began = time.monotonic()
    stack.up()
    print(f"the stack was up in {time.monotonic() - began:.0f} s")
    return stack


@pytest.fixture(scope="module")
def airflow(running: Stack) -> Any:
    return running.airflow()


@pytest.fixture(scope="module")
def loaded(running: Stack, airflow: Any) -> list[dict[str, Any]]:
    """Two months, by a backfill over REST; the runs, when they have ended."""
    unpause(airflow, DAG_ID)
    airflow.post(
        "backfills",
        {
            "dag_id": DAG_ID, "from_date": f"{MONTHS[0]}-01T00:00:00Z",
            "to_date": f"{MONTHS[-1]}-01T00:00:00Z", "max_active_runs": 2,
        },
    )  # fmt: skip

    def ended() -> list[dict[str, Any]]:
        runs = airflow.get(f"dags/{DAG_ID}/dagRuns", run_type="backfill")["dag_runs"]
        return [run for run in runs if run["state"] in ENDED]

    return list(wait_for("two backfill runs", lambda: len(ended()) == 2 and ended(), running))


def test_every_service_is_healthy_and_the_one_shots_have_ended(running: Stack) -> None:
    listed = running.compose("ps", "--all", "--format", "json").splitlines()
    services = {each["Service"]: each for each in map(json.loads, listed)}
    for name in ("roles", "init"):
        state = services.pop(name)
        assert (state["State"], state["ExitCode"]) == ("exited", 0)
    services.pop("trip-files")
    assert {name: state["Health"] for name, state in services.items()} == dict.fromkeys(
        ("api-server", "scheduler", "dag-processor", "triggerer", "metadata", "warehouse", "pgadmin",
         "socket-proxy"),
        "healthy",
    )  # fmt: skip


def test_pools_connections_and_variables_are_declared(airflow: Any) -> None:
    connection = airflow.get("connections/tlc_postgres")
    assert (connection["host"], connection["login"]) == ("warehouse", "loader")
    assert airflow.get("variables/tlc_landing")["value"] == "file:///opt/airflow/landing"
    assert airflow.get("pools/tlc")["slots"] == 8
    assert airflow.get("importErrors")["total_entries"] == 0


def test_two_months_load_by_backfill_and_the_reader_sees_them(
    running: Stack, loaded: list[dict[str, Any]], trip_files: Path
) -> None:
    assert [run["state"] for run in loaded] == ["success", "success"], running.explain()
    published = [
        f"{month}|{pyarrow.parquet.read_metadata(file(trip_files, month)).num_rows}"
        for month in MONTHS
    ]
    query = (
        "SELECT to_char(file_month, 'YYYY-MM'), count(*) FROM green_tripdata GROUP BY 1 ORDER BY 1"
    )
    assert running.psql(query) == published


def test_the_reader_can_change_nothing(running: Stack, loaded: Any) -> None:
    for statement in (
        "DELETE FROM green_tripdata",
        "SET default_transaction_read_only = off; DELETE FROM green_tripdata",
        "SET default_transaction_read_only = off; CREATE TABLE mine (a int)",
    ):
        with pytest.raises(AssertionError, match="permission denied|read-only transaction"):
            running.psql(statement)


def test_a_task_s_log_can_be_read_in_the_ui(airflow: Any, loaded: list[dict[str, Any]]) -> None:
    """The services believe one another's tokens, and share the logs."""
    run = loaded[0]["dag_run_id"]
    log = airflow.get(f"dags/{DAG_ID}/dagRuns/{run}/taskInstances/merge/logs/1")
    assert "merge" in json.dumps(log["content"])


def test_a_report_is_drawn_in_a_container_that_the_proxy_lets_through(
    running: Stack, airflow: Any, loaded: Any
) -> None:
    unpause(airflow, "tlc_report")
    assert trigger(running, "tlc_report", taxi="green", month=MONTHS[0]) == "success"
    report = f"/opt/airflow/reports/green/{MONTHS[0]}/report.png"
    assert int(running.compose("exec", "-T", "api-server", "stat", "-c", "%s", report)) > 10_000
    assert "/containers/create HTTP" in running.compose("logs", "socket-proxy")


def test_a_worker_of_the_celery_profile_has_what_it_needs(running: Stack) -> None:
    imports = "import airflow.providers.celery.executors.celery_executor"
    running.compose("run", "--rm", "--no-deps", "-T", "worker", "python", "-c", imports)


def test_airflow_in_a_browser(running: Stack, loaded: Any) -> None:
    require_browser()
    settings = running.settings
    with page() as opened:
        url = f"http://127.0.0.1:{settings['AIRFLOW_PORT']}"
        log_in_to_airflow(opened, url, settings["AIRFLOW_ADMIN_PASSWORD"])
        opened.get_by_text("Welcome").wait_for()
        opened.wait_for_timeout(2000)
        picture(opened, "stack-airflow")
        opened.goto(f"{url}/dags")
        opened.get_by_text(DAG_ID, exact=True).first.wait_for()


def test_pgadmin_in_a_browser_opens_both_servers_without_a_password(
    running: Stack, loaded: Any
) -> None:
    require_browser()
    settings = running.settings
    with page() as opened:
        url = f"http://127.0.0.1:{settings['PGADMIN_PORT']}"
        log_in_to_pgadmin(opened, url, settings["PGADMIN_EMAIL"], settings["PGADMIN_PASSWORD"])
        tables = ("warehouse (trips)", "Databases", "nyc_tlc", "Schemas", "public", "Tables")
        open_in_tree(opened, "Servers", *tables, "green_tripdata")
        look_at_rows(opened, "green_tripdata")
        rows = opened.frame_locator("iframe").get_by_text("Showing rows: 1 to 100")
        rows.wait_for()
        node(opened, "metadata (Airflow's own)").dblclick()
        opened.locator(".file-name", has_text="Databases").nth(1).wait_for()
        opened.wait_for_timeout(3000)
        picture(opened, "stack-pgadmin")
        assert opened.locator("input[type=password]:visible").count() == 0


def test_down_leaves_nothing(running: Stack) -> None:
    running.remove()
    assert running.left() == {"containers": [], "networks": [], "volumes": []}


def file(trip_files: Path, month: str) -> Path:
    return trip_files / "trip-data" / f"green_tripdata_{month}.parquet"


def unpause(airflow: Any, dag_id: str) -> None:
    airflow._request("PATCH", f"dags/{dag_id}", {"is_paused": False})


def trigger(stack: Stack, dag_id: str, **conf: Any) -> str:
    """How a run by hand ended."""
    airflow = stack.airflow()
    run = airflow.post(f"dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf})
    path = f"dags/{dag_id}/dagRuns/{run['dag_run_id']}"
    ended = wait_for(path, lambda: (r := airflow.get(path))["state"] in ENDED and r, stack)
    return str(ended["state"])


def wait_for(what: str, found: Callable[[], Any], stack: Stack, seconds: int = 300) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(2)
    pytest.fail(f"{what}: not within {seconds} s\n{stack.explain()}")


def require_browser() -> None:
    if not CHROMIUM:
        missing("no Chromium here (Debian: apt-get install chromium)")

"""Which month each kind of run loads, how it waits, whom it notifies: a real Airflow, generated months."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import psycopg
import pytest
from aiosmtpd.controller import Controller
from test_backfill import wait_for

from dev.http_server import unused_port
from nyc_tlc.core.catalog import Month, Taxi
from tests.support.own_airflow import a_warehouse, an_airflow

pytestmark = pytest.mark.e2e

DAG_ID = "tlc_postgres_green"
NOW = dt.datetime.now(dt.UTC)
FIRST, SECOND, THIRD = (Month.of(NOW.date()).shift(-back) for back in (4, 3, 2))  # long due
ROWS = 30
LATE_AFTER_DAYS = "0.0003"  # 26 s
DONE = {"success", "failed"}


class Inbox:
    def __init__(self) -> None:
        self.subjects: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.subjects.append(message_from_bytes(envelope.content, policy=policy.default)["subject"])
        return "250 OK"


@pytest.fixture(scope="module")
def inbox() -> Iterator[tuple[list[str], int]]:
    box, port = Inbox(), unused_port()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    yield box.subjects, port
    server.stop()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the source: a month is published when its file is there."""
    folder = tmp_path_factory.mktemp("trip-data")
    for month in (FIRST, SECOND, *map(Month.parse, ("2024-03", "2024-04", "2024-05"))):
        publish(folder, month)
    publish(folder, Month(2024, 6), "yellow")
    return folder


def publish(folder: Path, month: Month, taxi: str = "green") -> None:
    from dev.generator import era_of, write

    name = f"{taxi}_tripdata_{month}.parquet"
    write(folder / f".{name}", era_of(taxi, str(month)), str(month), ROWS)
    (folder / f".{name}").rename(folder / name)


@pytest.fixture(scope="module")
def small(
    warehouse_socket: str, source: Path, inbox: tuple[list[str], int],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Any]:  # fmt: skip
    """An Airflow of its own, whose schedule begins four months ago; the DAGs are unpaused."""
    extra = {"disable_ssl": True, "disable_tls": True}
    smtp = {"conn_type": "smtp", "host": "127.0.0.1", "port": inbox[1], "extra": extra}
    mail = {
        "notifier": "airflow.providers.smtp.notifications.smtp.SmtpNotifier",
        "kwargs": {
            "from_email": "airflow@example.org", "to": "data@example.org",
            "subject": "{{ notice.subject }}", "html_content": "{{ notice.html }}",
        },
    }  # fmt: skip
    with an_airflow(
        tmp_path_factory.mktemp("small"),
        AIRFLOW_CONN_TLC_POSTGRES=a_warehouse(warehouse_socket, "small"),
        AIRFLOW_CONN_TLC_DEFAULT=json.dumps({"conn_type": "nyc_tlc", "host": source.as_uri()}),
        AIRFLOW_CONN_SMTP_DEFAULT=json.dumps(smtp),
        AIRFLOW_VAR_TLC_NOTIFIERS=json.dumps([mail]),
        TLC_START_MONTH=str(FIRST),
        TLC_POKE_SECONDS="5",
        TLC_LATE_AFTER_DAYS=LATE_AFTER_DAYS,
        # On a busy machine the DAG processor's 50 s may end a callback before it has told anybody.
        AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT="180",
    ) as running:
        running.unpause("tlc_summary")
        running.unpause(DAG_ID)
        yield running


@pytest.fixture
def warehouse(small: Any, warehouse_socket: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(
        host=warehouse_socket, user="postgres", dbname="small", autocommit=True
    ) as opened:
        yield opened


def run_of(airflow: Any, run_id: str) -> dict[str, Any] | None:
    """None where the scheduler has not made it yet."""
    runs = airflow.get(f"dags/{DAG_ID}/dagRuns", run_id_pattern=run_id)["dag_runs"]
    return next((run for run in runs if run["dag_run_id"] == run_id), None)


def states_of(airflow: Any, run_id: str) -> dict[str, str]:
    tasks = airflow.get(f"dags/{DAG_ID}/dagRuns/{run_id}/taskInstances")["task_instances"]
    return {task["task_id"]: task["state"] for task in tasks}


def ended(airflow: Any, run_id: str) -> dict[str, Any]:
    return dict(
        wait_for(run_id, lambda: (run := run_of(airflow, run_id)) and run["state"] in DONE and run)
    )


def trigger(airflow: Any, logical_date: str | None, **conf: Any) -> str:
    body = {"logical_date": logical_date, "conf": conf}
    return str(airflow.post(f"dags/{DAG_ID}/dagRuns", body)["dag_run_id"])


def months_of(warehouse: psycopg.Connection[Any]) -> dict[str, int]:
    query = "SELECT to_char(file_month, 'YYYY-MM'), count(*)::int FROM green_tripdata GROUP BY 1"
    return dict(warehouse.execute(query).fetchall())


def failures_of(warehouse: psycopg.Connection[Any], run_id: str) -> list[str]:
    query = "SELECT error_class FROM tlc_load WHERE outcome = 'failed' AND run_id = %s"
    return [error for (error,) in warehouse.execute(query, [run_id]).fetchall()]


def test_catchup_loads_what_is_published_and_names_each_run_by_its_month(
    small: Any, warehouse: psycopg.Connection[Any]
) -> None:
    for month in (FIRST, SECOND):
        run = ended(small, f"scheduled__{month}")
        assert (run["state"], run["note"]) == ("success", str(month))
        assert run["data_interval_start"][:10] == str(month.first_day)
    assert months_of(warehouse) == {str(FIRST): ROWS, str(SECOND): ROWS}


def test_a_late_month_sends_one_notification_and_its_run_keeps_waiting(
    small: Any, inbox: tuple[list[str], int]
) -> None:
    """By Airflow's deadline alert, in the triggerer, for the run has no worker."""
    subject = f"{DAG_ID} is late: {THIRD}"
    wait_for("mail", lambda: subject in inbox[0])
    time.sleep(3)
    assert inbox[0].count(subject) == 1
    assert states_of(small, f"scheduled__{THIRD}")["find"] == "deferred"


def test_an_unpublished_month_waits_without_a_worker_even_if_the_triggerer_dies(
    small: Any, warehouse: psycopg.Connection[Any], source: Path
) -> None:
    run_id = f"scheduled__{THIRD}"
    wait_for("deferred", lambda: states_of(small, run_id).get("find") == "deferred")
    for process in triggerers(small):
        os.kill(process, signal.SIGKILL)
    publish(source, THIRD)
    time.sleep(8)  # longer than a poke: nobody asks
    assert states_of(small, run_id)["find"] == "deferred"
    another = subprocess.Popen(
        ["airflow", "triggerer", "--skip-serve-logs"], env=dict(small.environment),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        assert ended(small, run_id)["state"] == "success"
    finally:
        os.killpg(another.pid, signal.SIGTERM)
        another.wait()
    assert months_of(warehouse)[str(THIRD)] == ROWS


def triggerers(airflow: Any) -> list[int]:
    """Process ids of this Airflow's triggerer, told from any other on the machine by its home."""
    home = f"AIRFLOW_HOME={airflow.environment['AIRFLOW_HOME']}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words, settings = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        except OSError:
            continue
        if b"triggerer" in words and home in settings.split(b"\0"):
            found.append(int(process.name))
    return found


def test_each_load_s_asset_starts_the_summary(
    small: Any, warehouse: psycopg.Connection[Any]
) -> None:
    query = (
        "SELECT to_char(file_month, 'YYYY-MM'), sum(trips)::int FROM trip_summary"
        " WHERE taxi = 'green' GROUP BY 1"
    )

    def summarised() -> bool:
        found = warehouse.execute("SELECT to_regclass('trip_summary') IS NOT NULL").fetchone()
        if not found or not found[0]:
            return False
        return dict(warehouse.execute(query).fetchall()) == months_of(warehouse)

    wait_for("summary", summarised)
    runs = small.get("dags/tlc_summary/dagRuns")["dag_runs"]
    assert {run["run_type"] for run in runs} == {"asset_triggered"}
    events = small.get("assets/events", source_dag_id=DAG_ID)["asset_events"]
    extra = next(e["extra"] for e in events if e["source_run_id"] == f"scheduled__{FIRST}")
    assert (extra["taxi"], extra["month"], extra["rows"]) == ("green", str(FIRST), ROWS)
    assert len(extra["sha256"]) == 64


def test_a_manual_run_loads_the_month_it_names(
    small: Any, warehouse: psycopg.Connection[Any]
) -> None:
    by_cli = small.cli(
        "dags", "trigger", DAG_ID, "--conf", '{"month": "2024-03"}', "--run-id", "by_cli"
    )
    assert "by_cli" in by_cli
    by_rest = trigger(small, None, month="2024-04")
    by_date = trigger(small, "2024-05-01T00:00:00Z")
    too_early = trigger(small, "2010-01-01T00:00:00Z")
    for run_id, month in (("by_cli", "2024-03"), (by_rest, "2024-04"), (by_date, "2024-05")):
        run = ended(small, run_id)
        assert (run["state"], run["note"]) == ("success", month)
    assert ended(small, too_early)["state"] == "failed"  # not a success of nothing
    assert months_of(warehouse).keys() >= {"2024-03", "2024-04", "2024-05"}


def test_dags_test_loads_its_date_s_month_and_sends_lineage(
    small: Any, warehouse: psycopg.Connection[Any], source: Path, tmp_path: Path
) -> None:
    """On a paused DAG: a scheduler would take an unpaused one's tasks out of the test's hands. And on
    one without a deadline, which breaks the end of `dags test` in Airflow 3.3.2.
    """
    transport = {"type": "file", "log_file_path": str(tmp_path / "events"), "append": True}
    own = {"AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(transport), "TLC_LATE_AFTER_DAYS": ""}
    replace(small, environment={**small.environment, **own}).cli(
        "dags", "test", "tlc_postgres_yellow", "2024-06-15"
    )
    query = "SELECT DISTINCT file_month FROM yellow_tripdata"
    assert warehouse.execute(query).fetchall() == [(dt.date(2024, 6, 1),)]

    events = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    done = {event["job"]["name"]: event for event in events if event["eventType"] == "COMPLETE"}
    [read] = done["tlc_postgres_yellow.download"]["inputs"]
    assert read["name"] == str(source / "yellow_tripdata_2024-06.parquet")
    [written] = done["tlc_postgres_yellow.merge"]["outputs"]
    assert written["name"] == "small.public.yellow_tripdata"
    assert written["outputFacets"]["outputStatistics"]["rowCount"] == ROWS
    columns = {field["name"] for field in written["facets"]["schema"]["fields"]}
    assert {"tpep_pickup_datetime", "pulocationid", "total_amount"} <= columns


def test_a_manual_run_without_a_month_is_refused_and_notified(
    small: Any, inbox: tuple[list[str], int]
) -> None:
    """As the UI's form sends it (the present moment is filled in), and with no date at all."""
    subject = f"find failed in {DAG_ID}"
    before = inbox[0].count(subject)
    for logical_date in (dt.datetime.now(dt.UTC).isoformat(), None):
        run_id = trigger(small, logical_date, month=None)
        assert ended(small, run_id)["state"] == "failed"
        assert states_of(small, run_id)["find"] == "failed"
    wait_for("mail", lambda: inbox[0].count(subject) >= before + 2)


def test_a_month_by_hand_that_is_not_published_fails_at_once_is_on_record_and_told_of(
    small: Any, warehouse: psycopg.Connection[Any], inbox: tuple[list[str], int]
) -> None:
    run_id = trigger(small, None, month="2030-01")
    assert ended(small, run_id)["state"] == "failed"
    [error] = failures_of(warehouse, run_id)
    assert error == "NotPublishedError"
    subject = f"green 2030-01: find failed in {DAG_ID}"
    wait_for("mail", lambda: subject in inbox[0])


def test_an_unpublished_month_is_skipped_if_the_run_asks_for_it(small: Any) -> None:
    run_id = trigger(small, None, month="2030-01", if_unpublished="skip")
    assert ended(small, run_id)["state"] == "success"
    states = states_of(small, run_id)
    assert (states["find"], states["not_published"]) == ("success", "success")
    assert (states["unchanged"], states["download"]) == ("skipped", "skipped")


@pytest.mark.parametrize("taxi", list(Taxi))
def test_a_dry_run_plans_all_months_of_a_taxi_and_runs_none(small: Any, taxi: Taxi) -> None:
    """568 runs of four taxis, some 4,500 tasks; those before a taxi's first month are none.

    Months that other tests have run are planned again.
    """
    span = ("--from-date", "2009-01-01", "--to-date", "2025-12-01")
    again = ("--reprocess-behavior", "completed")
    runs = f"dags/tlc_postgres_{taxi}/dagRuns"
    before = small.get(runs)["total_entries"]
    planned = small.cli(
        "backfill", "create", "--dag-id", f"tlc_postgres_{taxi}", *span, *again, "--dry-run"
    )
    every = [Month(2009, 1).shift(n) for n in range(17 * 12)]
    expected = [str(month) for month in every if month >= taxi.first_month]
    assert sorted(set(re.findall(r"\| (\d{4}-\d\d)-01 00:00:00", planned))) == expected
    assert small.get(runs)["total_entries"] == before


def test_two_years_are_backfilled_and_leave_nothing_behind(
    small: Any, warehouse: psycopg.Connection[Any], source: Path
) -> None:
    small.pause("tlc_summary")
    months = [Month(2019, 1).shift(n) for n in range(24)]
    for month in months:
        publish(source, month)
    began = time.monotonic()
    small.cli(
        "backfill", "create", "--dag-id", DAG_ID, "--from-date", "2019-01-01", "--to-date",
        "2020-12-01", "--max-active-runs", "16", "--run-backwards",
    )  # fmt: skip

    def backfilled() -> bool:
        query = {"run_type": "backfill", "limit": 100, "state": ["queued", "running"]}
        return not small.get(f"dags/{DAG_ID}/dagRuns", **query)["total_entries"]

    wait_for("backfill", lambda: set(map(str, months)) <= months_of(warehouse).keys(), 1200)
    wait_for("last runs", backfilled)
    print(f"24 months in {time.monotonic() - began:.0f} s")
    assert {months_of(warehouse)[str(month)] for month in months} == {ROWS}
    staging = "SELECT count(*) FROM pg_tables WHERE schemaname = 'staging'"
    assert warehouse.execute(staging).fetchone() == (0,)
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = 'small' AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
    )
    wait_for("no connection left", lambda: warehouse.execute(others).fetchone() == (0,), 30)
    health = small.get("monitor/health")
    assert health["scheduler"]["status"] == "healthy"

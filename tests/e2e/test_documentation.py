"""The documentation's commands, REST calls and SQL, as they are written, in the order a reader meets them.

What is not here is checked by tests/unit/test_doc_blocks.py and tests/dags/test_documentation_dags.py.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.pages import PLACEHOLDER, Block, blocks, code_in_lines, commands, rest_calls

pytestmark = pytest.mark.e2e

RUNNER = Path(__file__).with_name("run_commands.py")
DAG = "tlc_postgres_green"
# Commands that other tests run, on what they need.
ELSEWHERE = {
    "tlc_bigquery_green": "tests/e2e/test_bigquery_months.py",
    "tlc_gcp_setup": "tests/e2e/test_google_cloud.py",
    "tlc_report": "tests/docker/test_report.py",
    "hello_tutorial": "tests/e2e/test_tutorials_run.py",
}
# They end with 1 here: months that nobody has published, a source without recent months.
MAY_FAIL = (["tlc", "load"], ["tlc", "doctor"])
MONTHS = {"green": ["2021-04", "2021-05", "2021-06"], "yellow": ["2023-01"]}


@pytest.fixture(scope="module")
def published(publish_made_up: Callable[..., None], trip_site: Any) -> None:
    for taxi, months in MONTHS.items():
        for month in months:
            publish_made_up(taxi, month, 300)


@pytest.fixture
def paused(airflow: Any) -> Iterator[None]:
    """A scheduler takes an unpaused DAG's tasks out of the hands of `dags test`; none is run here."""
    for dag_id in (DAG, "tlc_postgres_yellow", "tlc_range"):
        airflow.patch(f"dags/{dag_id}", {"is_paused": True})
    yield
    cancel_backfills(airflow)
    for dag_id in (DAG, "tlc_range"):
        airflow.patch(f"dags/{dag_id}", {"is_paused": True})
        queued = airflow.get(f"dags/{dag_id}/dagRuns", state=["queued", "running"])["dag_runs"]
        for run in queued:
            airflow.patch(f"dags/{dag_id}/dagRuns/{run['dag_run_id']}", {"state": "failed"})


def cancel_backfills(airflow: Any) -> None:
    for backfill in airflow.get("backfills", dag_id=DAG)["backfills"]:
        if not backfill["completed_at"]:
            airflow._request("PUT", f"backfills/{backfill['id']}/cancel")


def complete() -> list[list[str]]:
    """Those with arguments, or that need none; what is only named is in tests/unit/test_docs.py."""
    whole = (["tlc", "months"], ["tlc", "doctor"], ["providers", "list"])
    return [
        argv
        for _, argv in commands("airflow")
        if (len(argv) > 2 or argv in whole) and not ELSEWHERE.keys() & set(argv)
    ]


def test_each_command_does_what_its_page_says(airflow: Any, published: None, paused: None) -> None:
    """One after another, in one process; after `backfill create` its backfill is cancelled, since
    Airflow allows one per DAG.
    """
    wanted = complete()
    assert len(wanted) > 10
    outcomes = [outcome for part in parts(wanted) for outcome in ran(airflow, part)]
    assert [outcome["argv"] for outcome in outcomes] == wanted
    bad = [each for each in outcomes if each["code"] != 0 and each["argv"][:2] not in MAY_FAIL]
    assert bad == []


def parts(wanted: list[list[str]]) -> Iterator[list[list[str]]]:
    """Each ends with a command that creates a backfill."""
    part: list[list[str]] = []
    for argv in wanted:
        part.append(argv)
        if argv[:2] in (["backfill", "create"], ["dags", "backfill"]):
            yield part
            part = []
    yield part


def ran(airflow: Any, argvs: list[list[str]]) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, str(RUNNER)], input=json.dumps(argvs), env=dict(airflow.environment),
        capture_output=True, text=True,
    )  # fmt: skip
    cancel_backfills(airflow)
    lines = [line for line in done.stdout.splitlines() if line.startswith("RAN ")]
    assert len(lines) == len(argvs), done.stdout + done.stderr
    return [json.loads(line.removeprefix("RAN ")) for line in lines]


def test_each_rest_call_is_accepted(airflow: Any, paused: None) -> None:
    """A backfill's body is made of the table's parts, one part at a time."""
    calls = [call for call in rest_calls() if not PLACEHOLDER.search(call.path)]
    assert len(calls) > 5
    for call in calls:
        if call.path.startswith("backfills"):
            for body in backfill_bodies():
                assert airflow.post("backfills/dry_run", body)["total_entries"] in range(13)
        elif call.body:
            airflow._request(call.method, call.path, call.body)
    created = airflow.post("backfills", backfill_bodies()[0])
    [cancel] = [c for c in rest_calls() if c.path.endswith("/cancel")]
    path = cancel.path.replace("ID", str(created["id"]))
    assert airflow._request(cancel.method, path)["completed_at"]


def backfill_bodies() -> list[dict[str, Any]]:
    fragments = [
        json.loads(f"{{{code}}}")
        for page, code in code_in_lines()
        if page == "operations.md" and code.startswith('"') and '": ' in code
    ]
    dates = next(each for each in fragments if "from_date" in each)
    options = [each for each in fragments if each.keys() & OPTIONS]
    assert len(options) >= len(OPTIONS)
    return [{"dag_id": DAG, **dates, **option} for option in [{}, *options]]


OPTIONS = {"reprocess_behavior", "run_backwards", "max_active_runs", "dag_run_conf"}


@pytest.mark.parametrize(
    "block",
    [b for b in blocks() if b.language == "sql" and b.page != "google-cloud.md"],
    ids=str,
)
def test_each_statement_runs_on_a_loaded_warehouse(
    airflow: Any, published: None, warehouse: psycopg.Connection[Any], block: Block
) -> None:
    ran(airflow, [["tlc", "load", "green", "2021-05", "1999-01"]])
    for statement in filter(str.strip, block.text.split(";")):
        assert warehouse.execute(statement.encode()).description

"""The documentation's commands, REST calls and SQL, as they are written, in the order a reader meets them.

On an Airflow of its own without a scheduler: what a command orders stays queued. What is not here is checked
by tests/unit/test_doc_blocks.py and tests/dags/test_documentation_dags.py.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from dev.generator import csv_era_of, era_of, write
from tests.support.own_airflow import a_warehouse, prepared
from tests.support.pages import PLACEHOLDER, Block, blocks, code_in_lines, commands, rest_calls

pytestmark = pytest.mark.e2e

HERE = Path(__file__).parent
DAG = "tlc_postgres_green"
# Pages and commands that other tests run, with what they need.
PAGES_ELSEWHERE = {
    "homework.md": "tests/unit/test_homework.py, and test_homework_on_….py in tests/integration",
    "google-cloud.md": "tests/e2e/test_google_cloud.py, and the last test here",
    "course.md": "tests/integration/postgres/test_course_views.py",
}
ELSEWHERE = {
    "bigquery": "tests/integration/bigquery/test_tlc_on_bigquery.py",
    "deploy-check": "tests/dags/test_deploy_check.py",
    "tlc_bigquery_green": "tests/e2e/test_bigquery_months.py",
    "tlc_gcp_setup": "tests/e2e/test_google_cloud.py",
    "tlc_report": "tests/docker/test_report.py",
    "hello_tutorial": "tests/e2e/test_tutorials_run.py",
}
COMPLETE_NAMES = (["tlc", "months"], ["tlc", "doctor"], ["providers", "list"])
# They end with 1 here: of some months there are no files, and the mirror of CSV files cannot be reached.
MAY_FAIL = (["tlc", "load"], ["tlc", "verify"], ["tlc", "doctor"])
MONTHS = {"green": ("2021-01", "2021-04", "2021-05", "2021-06"), "yellow": ("2023-01",)}
DATABASE = "documentation"


@pytest.fixture(scope="module")
def environment(warehouse_socket: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """bin/airflow's, with a home, a warehouse and trip files of its own."""
    home = tmp_path_factory.mktemp("documentation")
    files = (home / "files").as_uri()
    for taxi, months in MONTHS.items():
        for month in months:
            write(
                home / "files" / f"{taxi}_tripdata_{month}.parquet", era_of(taxi, month), month, 300
            )
    broken = home / "files" / "green_tripdata_2021-05.csv.gz"
    write(broken, csv_era_of("green", "2021-05"), "2021-05", 300)
    broken.write_bytes(broken.read_bytes() + gzip.compress(b"1,cut short\n"))
    environment = prepared(
        home,
        AIRFLOW_CONN_TLC_POSTGRES=a_warehouse(warehouse_socket, DATABASE),
        AIRFLOW_CONN_TLC_DEFAULT=f"{files}?csv_base={quote(files, safe='')}",
    )
    (home / "passwords.json").write_text('{"admin": "of this test"}')
    return environment


def ran(environment: dict[str, str], script: str, what: list[Any]) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, str(HERE / script)], input=json.dumps(what), env=environment,
        capture_output=True, text=True,
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if line.startswith("RAN ")]
    assert len(lines) == len(what), (done.stdout + done.stderr)[-5000:]
    return [json.loads(line.removeprefix("RAN ")) for line in lines]


def test_each_command_does_what_its_page_says(environment: dict[str, str]) -> None:
    wanted = [
        argv
        for page, argv in commands("airflow")
        if page not in PAGES_ELSEWHERE
        and (len(argv) > 2 or argv in COMPLETE_NAMES)
        and not ELSEWHERE.keys() & set(argv)
    ]
    assert len(wanted) > 10
    outcomes = ran(environment, "run_commands.py", wanted)
    assert [outcome["argv"] for outcome in outcomes] == wanted
    assert [o for o in outcomes if o["code"] != 0 and o["argv"][:2] not in MAY_FAIL] == []


def test_each_rest_call_is_accepted(environment: dict[str, str]) -> None:
    """A backfill's body is that of the table: each of its parts in a dry run, and then one is made."""
    shown = [call for call in rest_calls() if not PLACEHOLDER.search(call.path) and call.body]
    assert len(shown) >= 2
    [cancel] = {call.path for call in rest_calls() if call.path.endswith("/cancel")}
    bodies = backfill_bodies()
    calls = [
        *((call.method, call.path, call.body) for call in shown),
        *(("POST", "backfills/dry_run", body) for body in bodies),
        ("POST", "backfills", bodies[0]),
        ("PUT", cancel, None),
    ]
    outcomes = ran(environment, "run_rest_calls.py", calls)
    assert [outcome for outcome in outcomes if outcome["status"] != 200] == []
    assert outcomes[-1]["answer"]["completed_at"]


OPTIONS = {"reprocess_behavior", "run_backwards", "max_active_runs", "dag_run_conf"}


def backfill_bodies() -> list[dict[str, Any]]:
    fragments = [
        json.loads(f"{{{code}}}")
        for page, code in code_in_lines()
        if page == "operations.md" and code.startswith('"') and '": ' in code
    ]
    [dates] = [fragment for fragment in fragments if "from_date" in fragment]
    options = [fragment for fragment in fragments if fragment.keys() & OPTIONS]
    assert {name for option in options for name in option} == OPTIONS
    return [{"dag_id": DAG, **dates, **option} for option in [{}, *options]]


@pytest.mark.parametrize(
    "block",
    [b for b in blocks() if b.language == "sql" and b.page not in PAGES_ELSEWHERE],
    ids=str,
)
def test_each_statement_runs_on_a_loaded_warehouse(
    environment: dict[str, str], warehouse_socket: str, block: Block
) -> None:
    with psycopg.connect(host=warehouse_socket, user="postgres", dbname=DATABASE) as warehouse:
        rejects = "SELECT FROM pg_tables WHERE tablename = 'tlc_reject'"
        if warehouse.execute(rejects).fetchone() is None:
            load = ["tlc", "load", "green", "2021-05"]
            ran(environment, "run_commands.py", [load, [*load, "--source", "csv"]])
        for statement in filter(str.strip, block.text.split(";")):
            made = warehouse.execute(statement.encode())
            assert made.description or made.statusmessage == "CREATE INDEX"


def test_bigquery_s_query_is_the_one_that_the_demo_asks() -> None:
    from dev.demo_gcp import QUESTION

    [shown] = [b for b in blocks() if b.page == "google-cloud.md" and "GROUP BY" in b.text]
    assert shown.text.split("LIMIT")[0].split() == QUESTION.split("LIMIT")[0].split()

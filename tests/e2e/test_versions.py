"""What each supported Airflow version must do with its own scheduler: ``make test-airflow``.

A backfill, catchup, a range, a command, and the page Taxi months, on small generated months; needs no
file from outside.
"""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from test_backfill import DONE, wait_for

from dev.standalone import PASSWORDS
from nyc_tlc.core.catalog import Month
from tests.support.airflow_in_browser import (
    check_the_source,
    load_what_a_year_lacks,
    logged_in,
    open_months,
)
from tests.support.own_airflow import a_warehouse, an_airflow

pytestmark = [pytest.mark.e2e, pytest.mark.versions]

DAG_ID = "tlc_postgres_green"
ROWS = 30
DUE = Month.of(dt.datetime.now(dt.UTC).date()).shift(-2)  # its run was due a month ago, or nearly
BACKFILLED = ("2020-01", "2020-02")
IN_RANGE = ("2020-05", "2020-06")
ON_THE_PAGE = ("2022-01", "2022-02")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from dev.generator import era_of, write

    folder = tmp_path_factory.mktemp("trip-data")
    for month in (str(DUE), *BACKFILLED, *IN_RANGE, *ON_THE_PAGE):
        path = folder / f"green_tripdata_{month}.parquet"
        write(path, era_of("green", month), month, ROWS)
    return folder


@pytest.fixture(scope="module")
def airflow(
    warehouse_socket: str, source: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """All work is asked for at once; each test waits for its own part.

    The source's connection is in the metadata database, where each version looks it up in its way.
    """
    with an_airflow(
        tmp_path_factory.mktemp("airflow"),
        AIRFLOW_CONN_TLC_POSTGRES=a_warehouse(warehouse_socket, "versions"),
        TLC_START_MONTH=str(DUE),
        # On a busy machine an answer of the api-server may take longer than the default of 5 s.
        AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT="60",
        AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS="admin:admin,looker:viewer",
    ) as running:
        connection = {"connection_id": "tlc_default", "conn_type": "nyc_tlc"}
        running.post("connections", {**connection, "host": source.as_uri()})
        for dag_id in (DAG_ID, "tlc_range"):
            running.unpause(dag_id)
        first, last = (f"{month}-01T00:00:00Z" for month in BACKFILLED)
        running.post("backfills", {"dag_id": DAG_ID, "from_date": first, "to_date": last})
        yield running


@pytest.fixture
def warehouse(airflow: Any, warehouse_socket: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(
        host=warehouse_socket, user="postgres", dbname="versions", autocommit=True
    ) as opened:
        yield opened


@pytest.fixture(scope="module")
def range_run(airflow: Any) -> str:
    """Asked for before any test waits."""
    year, months = IN_RANGE[0][:4], [month[5:] for month in IN_RANGE]
    conf = {
        "taxis": ["green"], "from_year": year, "from_month": months[0],
        "to_year": year, "to_month": months[-1],
    }  # fmt: skip
    run = airflow.post("dags/tlc_range/dagRuns", {"logical_date": None, "conf": conf})
    return f"dags/tlc_range/dagRuns/{run['dag_run_id']}"


def runs_of(airflow: Any, run_type: str) -> dict[str, str]:
    """State of each run, by the month of its data interval."""
    runs = airflow.get(f"dags/{DAG_ID}/dagRuns", run_type=run_type)["dag_runs"]
    return {run["data_interval_start"][:7]: run["state"] for run in runs}


def rows_of(warehouse: psycopg.Connection[Any], *months: str) -> dict[str, int]:
    query = """
        SELECT to_char(file_month, 'YYYY-MM'), count(*)::int FROM green_tripdata
        WHERE to_char(file_month, 'YYYY-MM') = ANY(%s) GROUP BY 1
    """
    return dict(warehouse.execute(query, [list(months)]).fetchall())


def test_a_backfill_loads_each_of_its_months(
    airflow: Any, warehouse: psycopg.Connection[Any], range_run: str
) -> None:
    def ended() -> dict[str, str]:
        states = runs_of(airflow, "backfill")
        return states if states and set(states.values()) <= DONE else {}

    assert wait_for("backfill", ended) == dict.fromkeys(BACKFILLED, "success")
    assert rows_of(warehouse, *BACKFILLED) == dict.fromkeys(BACKFILLED, ROWS)


def test_catchup_loads_the_month_that_is_due(
    airflow: Any, warehouse: psycopg.Connection[Any]
) -> None:
    month = str(DUE)
    state = wait_for(
        "catchup", lambda: (s := runs_of(airflow, "scheduled").get(month)) in DONE and s
    )
    assert state == "success"
    assert rows_of(warehouse, month) == {month: ROWS}


def test_a_range_triggers_each_of_its_months(
    airflow: Any, warehouse: psycopg.Connection[Any], range_run: str
) -> None:
    state = wait_for("range", lambda: (s := airflow.get(range_run)["state"]) in DONE and s)
    assert state == "success"
    assert rows_of(warehouse, *IN_RANGE) == dict.fromkeys(IN_RANGE, ROWS)


def test_two_clicks_on_the_page_load_what_a_year_lacks(airflow: Any, range_run: str) -> None:
    with logged_in(airflow, airflow.user, airflow.password) as page:
        months = open_months(airflow, page)
        check_the_source(months, "green", published=ON_THE_PAGE[0])
        load_what_a_year_lacks(months, "green", ON_THE_PAGE)


def test_who_may_not_trigger_sees_no_buttons_and_the_api_refuses(airflow: Any) -> None:
    passwords = json.loads(Path(airflow.environment[PASSWORDS]).read_text())
    with logged_in(airflow, "looker", passwords["looker"]) as page:
        months = open_months(airflow, page)
        months.locator("#green-2022-03").click()
        months.get_by_role("heading", name="March 2022").wait_for()
        assert months.locator(".act button, .actions button, #check").count() == 0
        runs = f"{airflow.url}/api/v2/dags/{DAG_ID}/dagRuns"
        answer = page.request.post(runs, data={"logical_date": None})
        assert answer.status == 403


def test_a_command_of_ours_finds_a_connection_of_the_metadata_database(airflow: Any) -> None:
    """The source, by which it tells that a month is not published."""
    span = ("--from", BACKFILLED[0], "--to", "2020-03")
    done = subprocess.run(
        [sys.executable, "-m", "nyc_tlc", "months", "green", *span, "-o", "json"],
        env=dict(airflow.environment), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    printed = done.stdout[done.stdout.index("[{") :]  # below what Airflow 3.2 logs as it starts
    states = {line["month"]: line["state"] for line in json.loads(printed)}
    assert states == {**dict.fromkeys(BACKFILLED, "loaded"), "2020-03": "not published"}

"""The page *Taxi months* as an ASGI app: its JSON, its files, and who may see what."""

from __future__ import annotations

import datetime as dt
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from nyc_tlc.core.catalog import Month, Taxi, Warehouse
from nyc_tlc.core.errors import WarehouseUnreachableError
from nyc_tlc.core.months import SOURCE_CHECK, ActiveRun
from tests.support.months_page import APRIL, CHECKED_AT, JANUARY, MARCH, Ledger, months_client

pytestmark = pytest.mark.dags


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def client(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Any:
    return months_client(ledger, monkeypatch)


def months_of(answer: Any, taxi: str) -> dict[str, Any]:
    [found] = [each for each in answer.json()["taxis"] if each["taxi"] == taxi]
    return {month["month"]: month for month in found["months"]}


def test_the_json_has_each_month_s_state(client: Any) -> None:
    answer = client.get("/months/data")
    assert answer.status_code == 200
    months = months_of(answer, "green")
    first, last = Taxi.GREEN.first_month, Month.of(dt.datetime.now(dt.UTC).date()).shift(-1)
    assert [*months] == [str(month) for month in first.through(last)]
    assert months["2021-01"] == {"month": "2021-01", "state": "loaded", "rows": 500, "bytes": 9}
    assert months["2021-02"]["state"] == "failed"
    assert months["2021-02"]["error"] == "stage: BadFileError: <b>cut</b>"
    assert months["2021-03"] == {"month": "2021-03", "state": "missing", "source_bytes": 77}
    assert months["2021-04"] == {"month": "2021-04", "state": "not published"}
    assert months["2021-05"] == {"month": "2021-05", "state": "unknown"}
    content = answer.json()
    assert content["source"]["checked_at"] == CHECKED_AT.isoformat()
    assert content["warehouses"] == ["postgres"]
    assert (content["empty"], content["error"]) == (False, None)


def test_bigquery_is_offered_once_its_variables_are_set(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_GCP_PROJECT_ID", "a-project")
    monkeypatch.setenv("AIRFLOW_VAR_GCP_BUCKET_NAME", "a-bucket")
    assert client.get("/months/data").json()["warehouses"] == ["postgres"]
    client.rights |= {("GET", "tlc_bigquery_green")}
    assert client.get("/months/data").json()["warehouses"] == ["postgres", "bigquery"]
    assert client.get("/months/data?warehouse=bigquery").json()["warehouse"] == "bigquery"


def test_only_dags_that_a_person_may_see_are_in_it(client: Any) -> None:
    taxis = {
        each["taxi"]: each["can_trigger"] for each in client.get("/months/data").json()["taxis"]
    }
    assert taxis == {"green": True, "fhv": False}
    assert client.get("/months/data?warehouse=bigquery").status_code == 403
    assert client.get("/months/data/postgres/yellow/2021-01").status_code == 403
    client.rights = {("GET", "tlc_report"), ("GET", "another")}
    for path in ("/months/", "/months/data", "/months/data/postgres/green/2021-01"):
        assert client.get(path).status_code == 403


VALUES = {"warehouse": "postgres", "taxi": "green", "month": "2021-01"}
FOR_EVERYBODY = {"/months/months.js", "/months/months.css"}


@pytest.mark.parametrize("person", ["nobody", "no rights", "another DAG", "who may see it"])
def test_every_route_and_method_is_only_for_who_may_see_a_dag(client: Any, person: str) -> None:
    """The routes are those of the app: a new one is looked at by itself."""
    from airflow.api_fastapi.core_api.security import get_user

    from nyc_tlc.web import months

    if person == "nobody":
        months.app.dependency_overrides.pop(get_user)
    if person in ("no rights", "another DAG"):
        client.rights = {("GET", "another")} if person == "another DAG" else set()
    expected = {"nobody": 401, "who may see it": 200}.get(person, 403)
    paths = {"/months" + str(route.path).format(**VALUES) for route in months.app.routes}
    assert paths > FOR_EVERYBODY
    for path in paths:
        assert client.get(path).status_code == (200 if path in FOR_EVERYBODY else expected), path
        for method in ("HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"):
            assert client.request(method, path).status_code == 405, f"{method} {path}"


@pytest.mark.parametrize(
    "path", ["/months/", "/months/months.js", "/months/months.css", "/months/data"]
)
def test_everything_comes_from_here_under_a_strict_policy(client: Any, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "http://" not in answer.text
    assert "https://" not in answer.text.replace("https://tlc", "")


def test_the_details_of_a_month(client: Any) -> None:
    content = client.get("/months/data/postgres/green/2021-01").json()
    assert content["loads"] == [
        {
            "load_id": 7,
            "outcome": "merged",
            "file_month": "2021-01-01",
            "finished_at": CHECKED_AT.isoformat(),
        }
    ]
    assert content["rejects"] == [{"line": 3, "raw": "x"}]
    assert content["report"] is None


def test_a_load_links_to_its_row_in_a_ui_of_the_user(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def address() -> str | None:
        [load] = client.get("/months/data/postgres/green/2021-01").json()["loads"]
        return str(load["row_address"]) if "row_address" in load else None

    assert address() is None
    monkeypatch.setenv("AIRFLOW_VAR_TLC_LEDGER_URL", "https://bi/rows?id={load_id}")
    assert address() == "https://bi/rows?id=7"
    monkeypatch.setenv("AIRFLOW_VAR_TLC_LEDGER_URL", "javascript:alert({load_id})")
    assert address() is None


@pytest.mark.parametrize(
    "path",
    [
        "postgres/green/2021-13",
        "postgres/green/0000-01",
        "postgres/blue/2021-01",
        "x/green/2021-01",
    ],
)
def test_what_is_no_month_is_refused(client: Any, path: str) -> None:
    assert client.get(f"/months/data/{path}").status_code == 422


def test_a_warehouse_that_cannot_be_reached_is_explained(client: Any, ledger: Ledger) -> None:
    ledger.error = WarehouseUnreachableError("Nothing listens there: check the port.")
    content = client.get("/months/data").json()
    assert content["error"] == "WarehouseUnreachableError: Nothing listens there: check the port."
    details = client.get("/months/data/postgres/green/2021-01")
    assert (details.status_code, "check the port" in details.text) == (503, True)


def test_a_connection_that_is_missing_is_explained(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.providers.common.compat.sdk import AirflowNotFoundException

    from nyc_tlc.web import months

    def not_defined(warehouse: Warehouse) -> Ledger:
        raise AirflowNotFoundException("The conn_id `tlc_postgres` isn't defined")

    monkeypatch.setattr(months, "ledger_of", not_defined)
    error = client.get("/months/data").json()["error"]
    assert error.endswith("`tlc_postgres` isn't defined. Create it in Admin > Connections.")


def test_an_empty_ledger_and_a_source_never_checked_are_no_errors(
    client: Any, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.loads = []
    for stored in ("", "no JSON", "[]", '{"checked_at": 1, "files": {}}', '{"files": {"x": 1}}'):
        monkeypatch.setenv(f"AIRFLOW_VAR_{SOURCE_CHECK.upper()}", stored)
        content = client.get("/months/data").json()
        assert (content["empty"], content["source"]["checked_at"]) == (True, None)


def test_the_month_of_a_run_is_its_param_or_its_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    from nyc_tlc import overview

    start, end = (dt.datetime(2021, number, 1, tzinfo=dt.UTC) for number in (3, 4))
    dag_id = "tlc_postgres_green"
    rows = [
        (dag_id, "by_hand", "running", {"month": "2021-01"}, None, None, "success", 5, 12),
        (dag_id, "scheduled", "running", {}, start, end, "deferred", 0, 12),
        (dag_id, "backfill", "queued", None, end, end + dt.timedelta(days=30), None, 0, 0),
        (dag_id, "nothing", "running", {}, None, None, None, 0, 0),
        (dag_id, "nonsense", "running", {"month": ["x"]}, None, None, None, 0, 0),
    ]
    monkeypatch.setattr(overview, "active_runs", lambda dag_ids, first_task: rows)
    assert overview.runs_of(Warehouse.POSTGRES, [Taxi.GREEN]) == [
        ActiveRun(Taxi.GREEN, JANUARY, dag_id, "by_hand", tasks_ended=5, tasks=12),
        ActiveRun(Taxi.GREEN, MARCH, dag_id, "scheduled", waits=True, tasks=12),
        ActiveRun(Taxi.GREEN, APRIL, dag_id, "backfill", queued=True),
    ]


def test_the_command_line_shows_the_same_states(
    client: Any, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from nyc_tlc.cli import months
    from nyc_tlc.core.months import MonthState

    monkeypatch.setattr(months, "begin", lambda **how: None)
    monkeypatch.setattr(months, "ledger_of", lambda warehouse: ledger)
    monkeypatch.setattr(months.Publication, "ask", lambda self, files: None)
    printed: list[MonthState] = []
    monkeypatch.setattr(
        "airflow.cli.simple_table.AirflowConsole.print_as",
        lambda self, states, output, mapper: printed.extend(states),
    )
    arguments = SimpleNamespace(
        verbose=False, taxi=["green"], first=None, last=None, source="parquet", output="json",
        warehouse="postgres",
    )  # fmt: skip
    months.months(arguments)  # type: ignore[arg-type]
    page = months_of(client.get("/months/data"), "green")
    assert {str(each.month): str(each.state) for each in printed} == {
        month: each["state"] for month, each in page.items()
    }
    assert [each.rows for each in printed if each.rows] == [500]


def test_a_bigquery_that_is_not_set_up_is_refused_before_google_s_libraries_load(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from nyc_tlc.core.errors import SettingsError
    from nyc_tlc.overview import ledger_of

    for name in ("gcp_project_id", "gcp_bucket_name"):
        monkeypatch.setenv(f"AIRFLOW_VAR_{name.upper()}", "")
    monkeypatch.setitem(sys.modules, "nyc_tlc.hooks.bigquery", None)  # importing it fails
    with pytest.raises(SettingsError, match="gcp_project_id"):
        ledger_of(Warehouse.BIGQUERY)

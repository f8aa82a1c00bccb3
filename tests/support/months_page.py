"""The page *Taxi months* on a ledger that a test writes, for a person whose rights a test chooses."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from nyc_tlc.core.catalog import Month, Taxi, TripFile
from nyc_tlc.core.landing.remote import RemoteFile
from nyc_tlc.core.ledger import LedgerMonth
from nyc_tlc.core.months import SOURCE_CHECK, ActiveRun, SourceCheck, files_of

if TYPE_CHECKING:
    import pytest

    from nyc_tlc.core.errors import WarehouseUnreachableError

JANUARY, FEBRUARY, MARCH, APRIL = Month(2021, 1).through(Month(2021, 4))
LOADED = LedgerMonth(
    Taxi.GREEN, JANUARY, "merged", 500, url="https://tlc/a.parquet", etag='"a"', bytes=9
)
FAILED = LedgerMonth(Taxi.GREEN, FEBRUARY, "failed", None, "stage", "BadFileError", "<b>cut</b>")
CHECKED_AT = dt.datetime(2026, 11, 27, 6, tzinfo=dt.UTC)
CHECK = SourceCheck(
    CHECKED_AT,
    {
        TripFile(Taxi.GREEN, MARCH): RemoteFile("https://tlc/m", '"m"', None, 77),
        TripFile(Taxi.GREEN, APRIL): None,
    },
)


class Ledger:
    """Stands in for a warehouse's hook."""

    error: WarehouseUnreachableError | None = None
    loads = [LOADED, FAILED]

    def months(self) -> list[LedgerMonth]:
        if self.error:
            raise self.error
        return self.loads

    def month_loads(self, file: TripFile) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        if self.error:
            raise self.error
        row = {
            "load_id": 7, "outcome": "merged", "file_month": file.month.first_day,
            "finished_at": CHECKED_AT,
        }  # fmt: skip
        return [row], [{"line": 3, "raw": "x"}]


def months_client(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of somebody who may see and trigger what its ``rights`` say, by method and DAG."""
    from airflow.api_fastapi.core_api.security import get_user
    from fastapi.testclient import TestClient

    from nyc_tlc import overview
    from nyc_tlc.web import app, months

    client = TestClient(app.app)
    client.rights = {  # type: ignore[attr-defined]
        ("GET", "tlc_postgres_green"), ("POST", "tlc_postgres_green"), ("GET", "tlc_postgres_fhv"),
    }  # fmt: skip

    def is_authorized_dag(
        method: str, details: Any, user: object, access_entity: Any = None
    ) -> bool:
        assert user == "somebody"
        assert (access_entity is None) is (method == "GET")
        return (method, details.id) in client.rights  # type: ignore[attr-defined]

    manager = SimpleNamespace(is_authorized_dag=is_authorized_dag)
    monkeypatch.setattr(months, "get_auth_manager", lambda: manager)
    monkeypatch.setattr(months, "ledger_of", lambda warehouse: ledger)
    monkeypatch.setattr(overview, "active_runs", lambda dag_ids, first_task: [])
    monkeypatch.setitem(months.app.dependency_overrides, get_user, lambda: "somebody")
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "")  # the api-server's is set, and stays
    monkeypatch.setenv(f"AIRFLOW_VAR_{SOURCE_CHECK.upper()}", CHECK.to_json())
    for name in ("gcp_project_id", "gcp_bucket_name"):
        monkeypatch.setenv(f"AIRFLOW_VAR_{name.upper()}", "")
    return client


def with_every_state(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def loaded(month: int, file: str, **values: Any) -> LedgerMonth:
        url = f"https://tlc/{file}"
        return LedgerMonth(Taxi.GREEN, Month(2021, month), "merged", 500, url=url, **values)

    def run(month: int, **values: Any) -> ActiveRun:
        name = f"run {month}"
        return ActiveRun(Taxi.GREEN, Month(2021, month), "tlc_postgres_green", name, **values)

    ledger.loads = [
        LOADED, FAILED, loaded(5, "a.csv.gz"), loaded(6, "a.parquet", rejected=1),
        loaded(7, "a.parquet", etag='"old"', bytes=9),
    ]  # fmt: skip
    row = {
        "outcome": "merged", "finished_at": CHECKED_AT, "dag_id": "tlc_postgres_green", "run_id": "a",
        "load_id": 1, "rows_merged": 500, "url": "https://tlc/a", "unknown_columns": ["new"],
        "pickups_outside_month": 1, "negative_totals": 0, "null_vendors": 0, "rows_sharing_id": 0,
    }  # fmt: skip
    failed = row | {"outcome": "failed", "task_id": "stage", "error_class": "BadFileError"}
    rejected = {"line": 3, "reason": "cut", "raw": "x"}
    monkeypatch.setattr(ledger, "month_loads", lambda file: ([failed, row], [rejected]))
    newer = RemoteFile("https://tlc/a.parquet", '"new"', None, 77)
    answers = {**CHECK.answers, TripFile(Taxi.GREEN, Month(2021, 7)): newer}
    check = SourceCheck(CHECKED_AT, answers).to_json()
    monkeypatch.setenv(f"AIRFLOW_VAR_{SOURCE_CHECK.upper()}", check)
    runs = [run(8, tasks_ended=5, tasks=12), run(9, waits=True), run(10, queued=True)]
    monkeypatch.setattr("nyc_tlc.overview.runs_of", lambda warehouse, taxis: runs)


def with_800_months(ledger: Ledger, client: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All loaded and all checked, as of November 2030. Returns what is asked from now on, in that order."""
    from nyc_tlc import overview
    from nyc_tlc.web import months

    files = files_of([], last="2030-10")
    monkeypatch.setattr(months, "files_of", lambda taxis: files_of(taxis, last="2030-10"))
    client.rights |= {
        (method, f"tlc_postgres_{taxi}") for method in ("GET", "POST") for taxi in Taxi
    }
    facts: dict[str, Any] = {
        "etag": '"a"',
        "last_modified": "Mon, 02 Mar 2026 10:00:00 GMT",
        "bytes": 54_321_000,
    }
    url = "https://tlc/trip-data/tripdata.parquet"
    rows = 1_234_567
    loads = [
        LedgerMonth(file.taxi, file.month, "merged", rows, url=url, loaded_at=CHECKED_AT, **facts)
        for file in files
    ]
    check = SourceCheck(CHECKED_AT, {file: RemoteFile(url, **facts) for file in files})
    monkeypatch.setenv(f"AIRFLOW_VAR_{SOURCE_CHECK.upper()}", check.to_json())
    asked: list[str] = []

    def answer(what: str, content: Any) -> Any:
        asked.append(what)
        return content

    monkeypatch.setattr(ledger, "months", lambda: answer("ledger", loads))
    monkeypatch.setattr(overview, "runs_of", lambda warehouse, taxis: answer("runs", []))
    return asked

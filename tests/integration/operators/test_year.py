"""The months of a year in one task, and the summary of the range, on a real Postgres without a scheduler."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException

from dev.generator import era_of, write
from nyc_tlc.core.errors import MonthsFailedError, SourceUnreachableError
from nyc_tlc.hooks.tlc import TlcHook
from nyc_tlc.operators.range_summary import TaxiRangeSummaryOperator
from nyc_tlc.operators.year import TaxiYearOperator

pytestmark = [
    pytest.mark.integration,
    pytest.mark.parametrize("postgres_socket", [18], indirect=True, ids=["postgres18"]),
]

ROWS = {"2020-03": 900, "2020-04": 400, "2020-05": 300}
SPAN = {"first": "2020-03", "last": "2020-05"}
ASSET = "postgres/green_tripdata"


@pytest.fixture(autouse=True)
def connections(database: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse = {
        "conn_type": "postgres", "host": database["host"], "login": database["user"],
        "schema": database["dbname"],
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_TLC_POSTGRES", json.dumps(warehouse))
    source = {"conn_type": "nyc_tlc", "host": tmp_path.as_uri()}
    monkeypatch.setenv("AIRFLOW_CONN_TLC_DEFAULT", json.dumps(source))
    for month, rows in ROWS.items():
        publish(tmp_path, month, rows)


def publish(folder: Path, month: str, rows: int) -> None:
    path = folder / f"green_tripdata_{month}.parquet"
    write(path, era_of("green", month), month, rows, seed=1)


class Try:
    """One try of the year's task in a run, and what it left in XCom."""

    def __init__(self, landing: Path, run_id: str = "a run", **arguments: Any) -> None:
        self.task = TaxiYearOperator(
            task_id="load_year", taxi="green", year=2020, **SPAN, landing=landing.as_uri(),
            **arguments,
        )  # fmt: skip
        self.event = SimpleNamespace(extra={})
        self.pushed: dict[str, str] = {}
        self.context: Any = {
            "dag": SimpleNamespace(dag_id="tlc_range"),
            "run_id": run_id,
            "dag_run": SimpleNamespace(start_date=dt.datetime(2024, 5, 1, tzinfo=dt.UTC)),
            "ti": SimpleNamespace(xcom_push=lambda key, value: self.pushed.update(value)),
            "outlet_events": {ASSET: self.event},
        }
        self.task.outlets = [ASSET]

    def run(self) -> Any:
        return self.task.execute(self.context)


def ledger(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    query = """
        SELECT to_char(file_month, 'YYYY-MM'), outcome, dag_id, run_id, error_class, rows_merged
        FROM tlc_load ORDER BY load_id
    """
    return connection.execute(query).fetchall()


def test_a_year_is_loaded_as_by_the_runs_of_its_months(
    tmp_path: Path, connection: psycopg.Connection[Any]
) -> None:
    first = Try(tmp_path / "landing")
    assert first.run() == first.pushed == dict.fromkeys(ROWS, "loaded")
    assert ledger(connection) == [
        (month, "merged", "tlc_range", "a run", None, rows) for month, rows in ROWS.items()
    ]
    assert first.event.extra == {"taxi": "green", "months": [*ROWS], "rows": sum(ROWS.values())}
    staging = "SELECT count(*) FROM pg_tables WHERE schemaname = 'staging'"
    assert connection.execute(staging).fetchone() == (0,)
    second = Try(tmp_path / "landing", "another run")
    with pytest.raises(AirflowSkipException, match="No month of green 2020 is new"):
        second.run()
    assert second.pushed == dict.fromkeys(ROWS, "unchanged")
    assert len(ledger(connection)) == len(ROWS)


def test_a_month_that_fails_stops_no_other_and_its_error_is_in_ledger_and_summary(
    tmp_path: Path, connection: psycopg.Connection[Any]
) -> None:
    (tmp_path / "green_tripdata_2020-04.parquet").unlink()
    year = Try(tmp_path / "landing")
    with pytest.raises(AirflowFailException, match="1 of 3 months of green 2020 failed: 2020-04"):
        year.run()
    assert year.pushed == {"2020-03": "loaded", "2020-04": "failed", "2020-05": "loaded"}
    failed = ("2020-04", "failed", "tlc_range", "a run", "NotPublishedError", None)
    assert ledger(connection)[1] == failed
    summary = TaxiRangeSummaryOperator(
        task_id="summary", taxis=["green"], **SPAN, mode="year_tasks"
    )
    pushed: dict[str, Any] = {}
    task = SimpleNamespace(
        xcom_pull=lambda task_ids: [year.pushed] if task_ids == ["green.load_year"] else [],
        xcom_push=lambda key, value: pushed.update(value),
    )
    context: Any = {"ti": task, "run_id": "a run"}
    with pytest.raises(AirflowFailException, match="1 of 3 months failed: green 2020-04"):
        summary.execute(context)
    assert (pushed["loaded"], pushed["rows"]) == (2, 1200)


@pytest.mark.parametrize("force", [False, True])
def test_a_retry_continues_with_the_months_that_are_left(
    force: bool,
    tmp_path: Path,
    connection: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Try(tmp_path / "landing", "an older run").run()
    publish(tmp_path, "2020-05", 350)
    probe = TlcHook.probe

    def broken(hook: TlcHook, file: Any) -> Any:
        if str(file.month) == "2020-04":
            raise SourceUnreachableError("the source is busy")
        return probe(hook, file)

    monkeypatch.setattr(TlcHook, "probe", broken)
    with pytest.raises(MonthsFailedError, match="the source is busy"):
        Try(tmp_path / "landing", force=force).run()
    monkeypatch.setattr(TlcHook, "probe", probe)
    before = len(ledger(connection))

    retry = Try(tmp_path / "landing", force=force)

    others = "loaded" if force else "unchanged"
    assert retry.run() == {"2020-03": others, "2020-04": others, "2020-05": "loaded"}
    assert [row[0] for row in ledger(connection)[before:]] == (["2020-04"] if force else [])
    assert connection.execute("SELECT count(*) FROM green_tripdata").fetchone() == (1650,)

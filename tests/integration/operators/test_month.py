"""A month through the operators themselves, on a real Postgres, without a scheduler."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException

from nyc_tlc.callbacks import record_failure
from nyc_tlc.operators.download import TaxiDownloadOperator
from nyc_tlc.operators.postgres import (
    PostgresCheckOdditiesOperator,
    PostgresCheckRowsOperator,
    PostgresCleanUpOperator,
    PostgresMergeOperator,
    PostgresStageOperator,
)
from nyc_tlc.sensors.find import PostgresFindSensor
from tests.support.trip_data import TripData

pytestmark = pytest.mark.integration

Facts = dict[str, Any]


@pytest.fixture
def landing(tmp_path: Path) -> str:
    return (tmp_path / "landing").as_uri()


@pytest.fixture(autouse=True)
def connections(
    database: dict[str, str], trip_data: TripData, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The warehouse is the test's database, the source the folder of trip files."""
    warehouse = {
        "conn_type": "postgres", "host": database["host"], "login": database["user"],
        "schema": database["dbname"],
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_TLC_POSTGRES", json.dumps(warehouse))
    source = {
        "conn_type": "nyc_tlc", "host": (trip_data / "trip-data").as_uri(),
        "extra": {"csv_base": (trip_data / "csv-mirror").as_uri()},
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_TLC_DEFAULT", json.dumps(source))


@pytest.fixture(autouse=True)
def branches(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The branches chosen; skipping the others is Airflow's, and tested end to end."""
    chosen: list[str] = []
    monkeypatch.setattr(
        PostgresFindSensor, "do_branch", lambda _self, _run, task: chosen.append(task)
    )
    return chosen


def context(run_id: str, run_type: str = "manual", **more: Any) -> Any:
    started = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)
    return {
        "dag": SimpleNamespace(dag_id="a_dag"),
        "run_id": run_id,
        "dag_run": SimpleNamespace(start_date=started, run_type=run_type),
        "ti": SimpleNamespace(xcom_push=lambda key, value: None),
        **more,
    }


def load(run_id: str, landing: str, *, month: str = "2021-01", **find: Any) -> Facts:
    """All steps of a run; what each returned."""
    run = context(run_id)
    force = find.get("force", False)
    file = PostgresFindSensor(task_id="find", taxi="green", month=month, **find).execute(run)
    assert file is not None
    landed = TaxiDownloadOperator(task_id="download", file=file, landing=landing).execute(run)
    assert landed is not None
    stage = PostgresStageOperator(task_id="stage", file=file, landed=landed, force=force)
    staged = stage.execute(run)
    assert staged is not None
    rows = PostgresCheckRowsOperator(task_id="check_rows", file=file, landed=landed, staged=staged)
    assert rows.execute(run) == staged["rows"]
    check = PostgresCheckOdditiesOperator(task_id="check_oddities", file=file, staged=staged)
    oddities = check.execute(run)
    assert oddities is not None
    merged = PostgresMergeOperator(
        task_id="merge", file=file, landed=landed, staged=staged, oddities=oddities, force=force
    ).execute(run)
    PostgresCleanUpOperator(task_id="clean_up", file=file, landing=landing).execute(run)
    return {
        "file": file,
        "landed": landed,
        "staged": staged,
        "oddities": oddities,
        "merged": merged,
    }


def test_a_month_is_loaded_once(
    landing: str, connection: psycopg.Connection[Any], branches: list[str], trip_data: TripData
) -> None:
    rows = trip_data.rows["green_tripdata_2021-01.parquet"]
    facts = load("first", landing)
    assert branches == ["download"]
    assert facts["merged"]["rows"] == facts["landed"]["rows"] == rows
    assert connection.execute("SELECT count(*) FROM green_tripdata").fetchone() == (rows,)
    found = PostgresFindSensor(task_id="find", taxi="green", month="2021-01").execute(
        context("second")
    )
    assert found is not None
    assert branches.pop() == "unchanged"
    assert found["reason"].startswith("unchanged: green_tripdata_2021-01.parquet is loaded as 1 in")
    assert load("third", landing, force=True)["merged"]["replaced"] == rows
    assert connection.execute("SELECT count(*) FROM green_tripdata").fetchone() == (rows,)


def test_a_month_that_was_changed_by_hand_is_loaded_again_if_it_is_verified(
    landing: str, connection: psycopg.Connection[Any], branches: list[str]
) -> None:
    load("first", landing, month="2020-04")
    find = {"task_id": "find", "taxi": "green", "month": "2020-04"}
    PostgresFindSensor(**find, verify=True).execute(context("as loaded"))
    assert branches.pop() == "unchanged"
    connection.execute("UPDATE green_tripdata SET extra = 77")
    PostgresFindSensor(**find).execute(context("unnoticed"))
    assert branches.pop() == "unchanged"

    facts = load("verified", landing, month="2020-04", verify=True)

    assert branches.pop() == "download"
    assert "do not match their unique_row_id" in facts["file"]["reason"]
    assert facts["merged"]["outcome"] == "merged"
    changed = connection.execute("SELECT count(*) FROM green_tripdata WHERE extra = 77")
    assert changed.fetchone() == (0,)


def test_the_same_content_under_another_etag_is_skipped_before_it_is_staged(
    landing: str, trip_data: TripData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load("first", landing, month="2020-04")
    name = "green_tripdata_2020-04.parquet"
    (tmp_path / name).write_bytes((trip_data / f"trip-data/{name}").read_bytes())
    elsewhere = {"conn_type": "nyc_tlc", "host": tmp_path.as_uri()}
    monkeypatch.setenv("AIRFLOW_CONN_TLC_DEFAULT", json.dumps(elsewhere))
    with pytest.raises(AirflowSkipException, match="unchanged, skipped"):
        load("second", landing, month="2020-04")


def test_what_goes_through_xcom_is_small_and_plain(landing: str) -> None:
    facts = load("first", landing, month="2020-04", source="csv")
    for returned in facts.values():
        assert json.loads(json.dumps(returned)) == returned
        assert len(json.dumps(returned)) < 2048


def test_without_a_month_the_data_interval_s_month_is_used(landing: str) -> None:
    find = PostgresFindSensor(task_id="find", taxi="green")
    start, end = (dt.datetime(2021, month, 1, tzinfo=dt.UTC) for month in (3, 4))
    run = context("scheduled", data_interval_start=start, data_interval_end=end)
    found = find.execute(run)
    assert found is not None
    assert found["month"] == "2021-03"
    with pytest.raises(AirflowFailException, match="MonthError: No month"):
        find.execute(context("manual"))


def test_an_unpublished_month_is_skipped_if_the_run_asks_for_it(branches: list[str]) -> None:
    find = PostgresFindSensor(task_id="find", taxi="green", month="2025-07", if_unpublished="skip")
    found = find.execute(context("run"))
    assert found is not None
    assert branches == ["not_published"]
    assert "green_tripdata_2025-07" in found["reason"]


def test_an_unpublished_month_fails_at_once_and_is_recorded(
    connection: psycopg.Connection[Any],
) -> None:
    find = PostgresFindSensor(task_id="find", taxi="green", month="2025-07")
    with pytest.raises(
        AirflowFailException, match="NotPublishedError: .*green_tripdata_2025-07"
    ) as seen:
        find.execute(context("run"))
    dag = SimpleNamespace(dag_id="a_dag", get_task=lambda _: find, has_task=lambda _: True)
    params = {"month": "2025-07", "source": "parquet"}
    failed = context("run", params=params, task=find, exception=seen.value)
    record_failure({**failed, "dag": dag})
    query = "SELECT taxi, file_month, outcome, run_id, task_id, error_class FROM tlc_load"
    taxi, month, outcome, run_id, *why = connection.execute(query).fetchone() or ()
    assert (taxi, month, outcome, run_id) == ("green", dt.date(2025, 7, 1), "failed", "run")
    assert why == ["find", "NotPublishedError"]


def test_clean_up_drops_what_a_failed_run_left(
    landing: str, connection: psycopg.Connection[Any]
) -> None:
    run = context("first")
    file = PostgresFindSensor(task_id="find", taxi="green", month="2020-04").execute(run)
    assert file is not None
    landed = TaxiDownloadOperator(task_id="download", file=file, landing=landing).execute(run)
    assert landed is not None
    PostgresStageOperator(task_id="stage", file=file, landed=landed).execute(run)
    left = "SELECT count(*) FROM pg_tables WHERE schemaname = 'staging'"
    assert connection.execute(left).fetchone() == (1,)
    clean_up = PostgresCleanUpOperator(
        task_id="clean_up", file=file, landing=landing, keep_landed=False
    )
    for _ in range(2):
        clean_up.execute(run)
    assert connection.execute(left).fetchone() == (0,)
    assert not list(Path(landing.removeprefix("file://")).rglob("*.*"))


def test_clean_up_of_a_run_that_was_skipped_does_nothing(landing: str) -> None:
    PostgresCleanUpOperator(task_id="clean_up", file=None, landing=landing).execute(
        context("skipped")
    )

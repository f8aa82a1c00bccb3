"""The sensors alone: what a run does if its month is not published."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import (
    AirflowFailException,
    AirflowSkipException,
    TaskDeferred,
)

from nyc_tlc.core.catalog import TripFile
from nyc_tlc.sensors.find import PostgresFindSensor, TaxiFileSensor, _waiting

pytestmark = pytest.mark.unit

MONTH = "2031-01"
FIELDS = {"taxi", "month", "source", "if_unpublished", "tlc_conn_id"}


@pytest.fixture(autouse=True)
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    connection = {"conn_type": "nyc_tlc", "host": tmp_path.as_uri()}
    monkeypatch.setenv("AIRFLOW_CONN_TLC_DEFAULT", json.dumps(connection))
    return tmp_path


def run(run_type: str, started: dt.datetime | None = None) -> Any:
    started = started or dt.datetime.now(dt.UTC)
    return {"dag_run": SimpleNamespace(run_type=run_type, start_date=started)}


def sensor(**more: Any) -> TaxiFileSensor:
    return TaxiFileSensor(task_id="wait", taxi="green", month=MONTH, **more)


def test_every_argument_is_templated() -> None:
    assert set(TaxiFileSensor.template_fields) == FIELDS
    assert set(PostgresFindSensor.template_fields) == FIELDS | {
        "force",
        "verify",
        "schema",
        "postgres_conn_id",
    }


def test_a_published_month_passes_at_once(source: Path) -> None:
    file = source / f"green_tripdata_{MONTH}.parquet"
    file.write_bytes(b"x")
    assert sensor().execute(run("scheduled")) == {
        "taxi": "green", "month": MONTH, "source": "parquet", "url": file.as_uri(),
        "reason": f"{file.name} is at {file.as_uri()}",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("run_type", "choice"), [("scheduled", "auto"), ("manual", "wait"), ("backfill", "wait")]
)
def test_it_waits_in_scheduled_runs_and_if_asked_to(run_type: str, choice: str) -> None:
    started = dt.datetime.now(dt.UTC)
    with pytest.raises(TaskDeferred) as deferred:
        sensor(if_unpublished=choice).execute(run(run_type, started))
    trigger = deferred.value.trigger
    assert trigger.url.endswith(f"green_tripdata_{MONTH}.parquet")
    assert trigger.known_url.endswith("green_tripdata_2021-01.parquet")
    assert trigger.poke_interval == 3600
    assert trigger.give_up_at == (started + dt.timedelta(days=120)).isoformat()
    assert deferred.value.method_name == "resume"


def test_a_task_that_waits_says_how_long_how_often_and_how_to_end_it() -> None:
    give_up_at = dt.datetime(2100, 5, 1, tzinfo=dt.UTC)
    text = _waiting(TripFile.of("green", MONTH), 90, give_up_at)
    for part in ("every 1.5 minutes", "until 2100-05-01 00:00 UTC", "mark the run as failed"):
        assert part in text


def test_a_backfill_whose_month_is_filled_in_is_refused() -> None:
    """Each of its runs would load that month, and succeed."""
    january, february = (dt.datetime(2021, number, 1, tzinfo=dt.UTC) for number in (1, 2))
    interval = {"data_interval_start": january, "data_interval_end": february}
    with pytest.raises(AirflowFailException, match=f"Month is {MONTH}, but .* is for 2021-01"):
        sensor().execute(run("backfill") | interval)
    same = TaxiFileSensor(task_id="wait", taxi="green", month="2021-01")
    with pytest.raises(AirflowFailException, match="NotPublishedError"):
        same.execute(run("backfill") | interval)


@pytest.mark.parametrize(
    ("run_type", "choice"), [("manual", "auto"), ("backfill", "auto"), ("scheduled", "fail")]
)
def test_others_fail_at_once(run_type: str, choice: str) -> None:
    with pytest.raises(AirflowFailException, match=f"NotPublishedError: .*{MONTH}"):
        sensor(if_unpublished=choice).execute(run(run_type))


def test_it_skips_if_asked_to() -> None:
    with pytest.raises(AirflowSkipException, match=f"not published, skipped: .*{MONTH}"):
        sensor(if_unpublished="skip").execute(run("scheduled"))


def test_a_retry_waits_no_longer_than_the_first_try_would_have() -> None:
    long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=121)
    with pytest.raises(AirflowFailException, match="NotPublishedError"):
        sensor().execute(run("scheduled", long_ago))


def test_it_probes_again_after_the_file_appeared(source: Path) -> None:
    with pytest.raises(TaskDeferred):
        sensor().resume(run("scheduled"), {"status": "published"})
    (source / f"green_tripdata_{MONTH}.parquet").write_bytes(b"x")
    found = sensor().resume(run("scheduled"), {"status": "published"})
    assert found is not None
    assert found["month"] == MONTH


@pytest.mark.parametrize("status", ["timed out", "failed"])
def test_it_fails_without_retry_if_the_wait_failed(status: str) -> None:
    event = {"status": status, "error": "https://… answered 403."}
    with pytest.raises(
        AirflowFailException,
        match=f"NotPublishedError: Gave up waiting for .*{MONTH}.*: {status}. https",
    ):
        sensor().resume(run("scheduled"), event)

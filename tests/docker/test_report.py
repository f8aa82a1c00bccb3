"""A month from the trips table to its page, on a real Postgres and a real engine."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration" / "postgres"))

from trip_files import load_month, write_month  # noqa: E402

from nyc_tlc.containers.limits import hand_over  # noqa: E402
from nyc_tlc.operators import (  # noqa: E402
    TaxiExtractOperator,
    TaxiReportCleanUpOperator,
    TaxiReportMonthsOperator,
    TaxiReportOperator,
)

pytestmark = pytest.mark.docker

SAMPLES = ROOT / "include" / "samples" / "trip-data"
FILE = {"taxi": "green", "month": "2021-01"}


@pytest.fixture(autouse=True)
def warehouse(
    images: None,
    database: dict[str, str],
    connection: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> psycopg.Connection[Any]:
    conn = {
        "conn_type": "postgres", "host": database["host"], "login": database["user"],
        "schema": database["dbname"],
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_TLC_POSTGRES", json.dumps(conn))
    return connection


def extract(reports: Path, **file: str) -> dict[str, Any]:
    operator = TaxiExtractOperator(task_id="extract", file=file, reports=str(reports))
    found = operator.execute({})
    assert found is not None
    return found


def test_a_sample_month_becomes_a_report(
    warehouse: psycopg.Connection[Any], run_context: dict[str, Any], tmp_path: Path
) -> None:
    load_month(warehouse, SAMPLES / "green_tripdata_2021-01.parquet")
    facts = extract(tmp_path, **FILE)
    assert facts == {**FILE, "rows": 4200}

    draw = TaxiReportOperator(task_id="draw", file=facts, mount=str(tmp_path))
    summary = draw.execute(run_context)
    assert summary is not None
    assert summary["trips"] + summary["pickups_outside_month"] == 4200
    [link] = draw.operator_extra_links
    assert link.get_link(draw, ti_key=None) == "/tlc/reports/green/2021-01/"  # type: ignore[arg-type]

    TaxiReportCleanUpOperator(task_id="x", file=FILE, reports=str(tmp_path)).execute({})
    folder = tmp_path / "green" / "2021-01"
    assert {path.name for path in folder.iterdir()} == set(summary["files"])
    assert {path.stat().st_uid for path in folder.iterdir()} == {os.getuid() or 10001}


def test_a_month_without_trips_is_skipped(
    warehouse: psycopg.Connection[Any], run_context: dict[str, Any], tmp_path: Path
) -> None:
    load_month(warehouse, write_month(tmp_path))
    facts = extract(tmp_path, taxi="green", month="2024-05")
    draw = TaxiReportOperator(task_id="draw", file=facts, mount=str(tmp_path))
    with pytest.raises(AirflowSkipException, match="no trips of green taxis in 2024-05"):
        draw.execute(run_context)


def test_another_folder_than_the_workers_is_noticed(
    run_context: dict[str, Any], tmp_path: Path
) -> None:
    hand_over(tmp_path)
    draw = TaxiReportOperator(task_id="draw", file=FILE, mount=str(tmp_path))
    with pytest.raises(AirflowFailException, match=r"(?s)ScriptInputBad.*No such file.*2021-01"):
        draw.execute(run_context)


def months(context: dict[str, Any], **asked: str) -> Any:
    return TaxiReportMonthsOperator(task_id="months", **asked).execute(context)


def test_months_are_those_asked_for_or_those_loaded() -> None:
    def loaded(month: str) -> Any:
        return SimpleNamespace(extra={"taxi": "green", "month": month, "rows": 7})

    events = {"an asset": [loaded("2021-02"), loaded("2021-01"), loaded("2021-02")]}
    by_asset = {"triggering_asset_events": events}
    assert months({}, taxi="yellow", month="2021-01") == [{"taxi": "yellow", "month": "2021-01"}]
    assert months(by_asset, taxi="green", month="") == [
        {"taxi": "green", "month": "2021-01"}, {"taxi": "green", "month": "2021-02"},
    ]  # fmt: skip
    with pytest.raises(AirflowFailException, match="MonthError: No month: no load started"):
        months({}, taxi="green", month="")

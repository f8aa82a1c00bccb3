"""A month from the trips table to its page, on a real Postgres and a real engine."""

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException

from nyc_tlc.core.postgres.zones import load_shapes
from nyc_tlc.core.shapes.archive import read_shapes
from nyc_tlc.operators.report import (
    PostgresExtractOperator,
    PostgresReportMonthsOperator,
    TaxiReportCleanUpOperator,
    TaxiReportOperator,
)
from tests.support.trip_files import load_month, write_fhvhv, write_month
from tests.support.zone_shapes import write_archive

ROOT = Path(__file__).parents[2]


pytestmark = pytest.mark.docker

SAMPLES = ROOT / "dev" / "samples" / "trip-data"
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
    operator = PostgresExtractOperator(task_id="extract", file=file, reports=str(reports))
    found = operator.execute({})
    assert found is not None
    return found


def test_a_sample_month_becomes_a_report(
    warehouse: psycopg.Connection[Any], run_context: dict[str, Any], tmp_path: Path
) -> None:
    load_month(warehouse, SAMPLES / "green_tripdata_2021-01.parquet")
    shapes = read_shapes(write_archive(tmp_path / "taxi_zones.zip"))
    load_shapes(warehouse, "public", shapes)
    facts = extract(tmp_path, **FILE)
    assert facts == {**FILE, "rows": 4200, "load_id": 1}

    draw = TaxiReportOperator(task_id="draw", file=facts, mount=str(tmp_path))
    summary = draw.execute(run_context)
    assert summary is not None
    assert summary["trips"] + summary["pickups_outside_month"] == 4200
    assert_map_agrees_with_the_table(warehouse, summary, {shape.locationid for shape in shapes})
    [link] = draw.operator_extra_links
    assert link.get_link(draw, ti_key=None) == "/tlc/reports/green/2021-01/"  # type: ignore[arg-type]

    TaxiReportCleanUpOperator(task_id="x", file=FILE, reports=str(tmp_path)).execute({})
    folder = tmp_path / "green" / "2021-01"
    assert {path.name for path in folder.iterdir()} == {*summary["files"], "report.json"}
    assert {path.stat().st_uid for path in folder.iterdir()} == {os.getuid() or 10001}


def assert_map_agrees_with_the_table(
    warehouse: psycopg.Connection[Any], summary: dict[str, Any], shaped: set[int]
) -> None:
    query = """
        SELECT pulocationid, count(*) FROM green_tripdata
        WHERE date_trunc('month', lpep_pickup_datetime) = '2021-01-01' GROUP BY 1
    """
    trips = dict(warehouse.execute(query).fetchall())
    assert summary["trips_on_map"] == sum(trips[zone] for zone in trips if zone in shaped)
    assert summary["trips_on_map"] + summary["trips_not_on_map"] == sum(trips.values())


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
    draw = TaxiReportOperator(task_id="draw", file={**FILE, "load_id": 1}, mount=str(tmp_path))
    with pytest.raises(
        AirflowFailException, match="EngineRefusedError: .*2021-01.*tlc_reports_mount"
    ):
        draw.execute(run_context)


def months(reports: Path, **asked: str | None) -> Any:
    return PostgresReportMonthsOperator(task_id="months", reports=str(reports), **asked).execute({})


def test_months_are_those_whose_newest_load_has_no_report_or_the_one_asked_for(
    warehouse: psycopg.Connection[Any], run_context: dict[str, Any], tmp_path: Path
) -> None:
    reports = tmp_path / "reports"
    for month in ("2021-02", "2021-01"):
        load_month(warehouse, write_month(tmp_path, month=month))
    unreported = [{"taxi": "green", "month": month} for month in ("2021-01", "2021-02")]
    assert months(reports) == unreported
    for file in unreported:
        facts = extract(reports, **file)
        TaxiReportOperator(task_id="draw", file=facts, mount=str(reports)).execute(run_context)
    assert months(reports, taxi=None, month="") == []
    assert months(reports, taxi="green", month="2021-01") == unreported[:1]
    load_month(warehouse, write_month(tmp_path, month="2021-02", rows=7))
    assert months(reports) == unreported[1:]
    with pytest.raises(AirflowFailException, match="MonthError: Only the month was given"):
        months(reports, month="2021-01")


@pytest.mark.parametrize("taxi", ["fhv", "fhvhv"])
def test_for_hire_vehicles_are_reported_as_far_as_their_month_goes(
    warehouse: psycopg.Connection[Any], run_context: dict[str, Any], tmp_path: Path, taxi: str
) -> None:
    write = {"fhv": partial(write_month, taxi="fhv"), "fhvhv": write_fhvhv}[taxi]
    load_month(warehouse, write(tmp_path))
    facts = extract(tmp_path, taxi=taxi, month="2021-01")
    draw = TaxiReportOperator(task_id="draw", file=facts, mount=str(tmp_path))
    summary = draw.execute(run_context)
    assert summary is not None
    assert summary["trips"] == facts["rows"] > 0
    assert summary.get("revenue") == {"fhv": None, "fhvhv": 45.0}[taxi]
    assert (tmp_path / taxi / "2021-01" / "report.png").is_file()

"""The pictures of reports in docs/images: only ``make screenshots`` runs this (see conftest.py)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nyc_tlc.core.postgres.zones import load_shapes, load_zones
from nyc_tlc.core.shapes.archive import read_shapes
from nyc_tlc.core.zones import read_zones
from nyc_tlc.operators.report import PostgresExtractOperator, TaxiReportOperator
from tests.support.app_in_browser import ADDRESS, keep, opened, reports_client
from tests.support.trip_data import TripData
from tests.support.trip_files import load_month

pytestmark = pytest.mark.docker

# The last is compared with the first. (A drawing takes about ten seconds.)
MONTHS = ("2020-03", "2021-01", "2021-02", "2021-03")


def test_a_report_and_the_index_of_reports(
    images: None,
    database: dict[str, str],
    connection: psycopg.Connection[Any],
    slow_trip_data: TripData,
    run_context: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    conn = {
        "conn_type": "postgres", "host": database["host"], "login": database["user"],
        "schema": database["dbname"],
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_TLC_POSTGRES", json.dumps(conn))
    monkeypatch.setenv("AIRFLOW_VAR_TLC_REPORTS", str(tmp_path))
    zones = slow_trip_data / "zones"
    load_zones(connection, "public", read_zones(zones / "taxi_zone_lookup.csv"))
    load_shapes(connection, "public", read_shapes(zones / "taxi_zones.zip"))
    for month in MONTHS:
        load_month(connection, slow_trip_data / f"trip-data/green_tripdata_{month}.parquet")
        file = {"taxi": "green", "month": month}
        extract = PostgresExtractOperator(task_id="extract", file=file, reports=str(tmp_path))
        draw = TaxiReportOperator(task_id="draw", file=extract.execute({}), mount=str(tmp_path))
        draw.execute(run_context)

    with opened(reports_client(monkeypatch)) as page:
        page.set_viewport_size({"width": 1000, "height": 640})
        page.goto(f"{ADDRESS}/reports/")
        page.wait_for_load_state("networkidle")
        assert page.locator("img").count() == len(MONTHS)
        keep(page, "reports")
        page.goto(f"{ADDRESS}/reports/green/2021-01/")
        page.set_viewport_size({"width": 900, "height": 640})
        page.wait_for_load_state("networkidle")
        path = Path(os.environ["SCREENSHOTS"]) / "trip_report.png"
        page.locator("img").first.screenshot(path=path)

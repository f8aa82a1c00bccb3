"""The zone lookup into a real Postgres."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nyc_tlc.operators.zones import PostgresZonesOperator
from tests.support.trip_data import TripData

pytestmark = pytest.mark.integration


def test_zones_are_loaded_and_all_rows_replaced(
    connection: psycopg.Connection[Any],
    database: dict[str, str],
    trip_data: TripData,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "misc").mkdir()
    lookup = tmp_path / "misc" / "taxi_zone_lookup.csv"
    shutil.copy(trip_data / f"zones/{lookup.name}", lookup)
    warehouse = {
        "conn_type": "postgres", "host": database["host"], "login": database["user"],
        "schema": database["dbname"],
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_TLC_POSTGRES", json.dumps(warehouse))
    source = {"conn_type": "nyc_tlc", "host": (tmp_path / "trip-data").as_uri()}
    monkeypatch.setenv("AIRFLOW_CONN_TLC_DEFAULT", json.dumps(source))
    operator = PostgresZonesOperator(task_id="zones", landing=(tmp_path / "landing").as_uri())

    assert operator.execute({}) == {"zones": 265}
    query = "SELECT zone FROM taxi_zone_lookup WHERE locationid = 132"
    assert connection.execute(query).fetchone() == ("JFK Airport",)

    lookup.chmod(0o644)
    lookup.write_text("LocationID,Borough,Zone,service_zone\n7,Queens,Astoria,Boro Zone\n")
    assert operator.execute({}) == {"zones": 1}
    assert connection.execute("SELECT count(*) FROM taxi_zone_lookup").fetchone() == (1,)

"""The zones' names and shapes into a real Postgres."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import psycopg
import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException

from nyc_tlc.operators.zones import PostgresZoneShapesOperator, PostgresZonesOperator
from tests.support.trip_data import TripData

pytestmark = pytest.mark.integration


@pytest.fixture
def source(database: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The source's folder of zones, empty."""
    (tmp_path / "misc").mkdir()
    warehouse = {
        "conn_type": "postgres", "host": database["host"], "login": database["user"],
        "schema": database["dbname"],
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_TLC_POSTGRES", json.dumps(warehouse))
    source = {"conn_type": "nyc_tlc", "host": (tmp_path / "trip-data").as_uri()}
    monkeypatch.setenv("AIRFLOW_CONN_TLC_DEFAULT", json.dumps(source))
    return tmp_path / "misc"


def test_zones_are_loaded_and_all_rows_replaced(
    connection: psycopg.Connection[Any], source: Path, trip_data: TripData, tmp_path: Path
) -> None:
    lookup = source / "taxi_zone_lookup.csv"
    shutil.copy(trip_data / f"zones/{lookup.name}", lookup)
    operator = PostgresZonesOperator(task_id="zones", landing=(tmp_path / "landing").as_uri())
    assert operator.execute({}) == {"zones": 265}
    query = "SELECT zone FROM taxi_zone_lookup WHERE locationid = 132"
    assert connection.execute(query).fetchone() == ("JFK Airport",)

    lookup.chmod(0o644)
    lookup.write_text("LocationID,Borough,Zone,service_zone\n7,Queens,Astoria,Boro Zone\n")
    assert operator.execute({}) == {"zones": 1}
    assert connection.execute("SELECT count(*) FROM taxi_zone_lookup").fetchone() == (1,)


def test_shapes_are_loaded_and_replaced_and_skipped_where_the_source_has_none(
    connection: psycopg.Connection[Any], source: Path, trip_data: TripData, tmp_path: Path
) -> None:
    operator = PostgresZoneShapesOperator(task_id="shapes", landing=(tmp_path / "landing").as_uri())
    with pytest.raises(AirflowSkipException, match=r"no shapes .*taxi_zones\.zip is not there"):
        operator.execute({})

    shutil.copy(trip_data / "zones/taxi_zones.zip", source)
    for _ in range(2):
        assert operator.execute({}) == {"shapes": 260}
    query = "SELECT geojson::json ->> 'type' FROM taxi_zone_shape WHERE locationid = 132"
    assert connection.execute(query).fetchone() == ("MultiPolygon",)

    archive = source / "taxi_zones.zip"
    archive.chmod(0o644)
    archive.write_bytes(archive.read_bytes()[:-100])
    with pytest.raises(AirflowFailException, match="BadFileError: .*not a ZIP archive"):
        operator.execute({})
    assert connection.execute("SELECT count(*) FROM taxi_zone_shape").fetchone() == (260,)

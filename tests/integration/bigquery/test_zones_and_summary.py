"""Zones and summaries: BigQuery's equal Postgres's, and the parity check sees where they do not."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psycopg
import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException
from cloud_month import CloudMonth

from nyc_tlc.core.bigquery import summary as cloud_summary
from nyc_tlc.core.bigquery import zones as cloud_zones
from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse
from nyc_tlc.core.catalog import Month, Taxi
from nyc_tlc.core.contract.model import load_contract
from nyc_tlc.core.postgres import summary
from nyc_tlc.core.postgres.zones import load_shapes, load_zones
from nyc_tlc.core.shapes.archive import ZoneShape
from nyc_tlc.core.summary import SummarySql
from nyc_tlc.core.zones import Zone
from nyc_tlc.operators.parity import TaxiParityOperator, ZonesParityOperator
from tests.support.trip_files import load_month, trip_file, write_fhvhv, write_month

pytestmark = [
    pytest.mark.integration,
    pytest.mark.parametrize("postgres_socket", [18], indirect=True, ids=["postgres18"]),
]

SQL = Path(__file__).parents[3] / "dags" / "sql"
POSTGRES, BIGQUERY = (
    SummarySql(
        *(
            (folder / name).read_text()
            for name in ("create_trip_summary.sql", "summarise_month.sql")
        )
    )
    for folder in (SQL, SQL / "bigquery")
)
ZONES = [Zone(7, "Queens", "Astoria", "Boro Zone"), Zone(264, None, None, None)]

Connection = psycopg.Connection[Any]


@pytest.fixture
def parity(
    database: dict[str, str], warehouse: BigQueryWarehouse, monkeypatch: pytest.MonkeyPatch
) -> Any:
    postgres = {
        "conn_type": "postgres", "host": database["host"], "login": database["user"],
        "schema": database["dbname"],
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_TLC_POSTGRES", json.dumps(postgres))
    place = asdict(warehouse.place)
    months = {"first_month": "2009-01", "last_month": "2099-12"}
    zones = ZonesParityOperator(task_id="zones", place=place)
    return zones, lambda taxi: TaxiParityOperator(task_id=taxi, taxi=taxi, place=place, **months)


@pytest.mark.parametrize("taxi", ["green", "fhv", "fhvhv"])
def test_a_month_s_summary_is_the_same_in_both(
    connection: Connection, warehouse: BigQueryWarehouse, storage: Any, tmp_path: Path, taxi: str,
    parity: Any,
) -> None:  # fmt: skip
    path = write_fhvhv(tmp_path) if taxi == "fhvhv" else write_month(tmp_path, taxi, rows=30)
    contract, span = load_contract(Taxi(taxi)), (Month(2009, 1), Month(2099, 12))
    load_month(connection, path)
    month = CloudMonth.of(warehouse, storage, path, taxi, "2021-01")
    month.into_trips()
    assert cloud_summary.unsummarised_months(warehouse, BIGQUERY) == [
        trip_file(path) if path.suffix == ".parquet" else month.file
    ]
    for _ in range(2):  # a month that is summarised again is replaced
        rows = cloud_summary.summarise(warehouse, month.file, contract, BIGQUERY)
        assert rows == summary.summarise(connection, "public", month.file, contract, POSTGRES) > 0
    assert cloud_summary.unsummarised_months(warehouse, BIGQUERY) == []
    [ours] = summary.summary_facts(connection, "public", Taxi(taxi), *span)
    [theirs] = cloud_summary.summary_facts(warehouse, Taxi(taxi), *span)
    assert ours == theirs
    assert (ours.revenue_cents is None) is (taxi == "fhv")
    _, of = parity
    assert of(taxi).execute({})["summaries"] == 1
    connection.execute("UPDATE trip_summary SET trips = trips + 1")
    with pytest.raises(AirflowFailException, match=f"{taxi} summaries.*2021-01 trips"):
        of(taxi).execute({})


def test_zones_are_the_same_in_both(
    connection: Connection, warehouse: BigQueryWarehouse, parity: Any
) -> None:
    check, _ = parity
    load_zones(connection, "public", ZONES)
    with pytest.raises(AirflowSkipException, match="no zones"):
        check.execute({})
    assert cloud_zones.load_zones(warehouse, [*ZONES, Zone(1, "EWR", "Newark", "EWR")]) == 3
    with pytest.raises(AirflowFailException, match="zones of the two warehouses differ.*Newark"):
        check.execute({})
    assert cloud_zones.load_zones(warehouse, ZONES) == 2
    assert cloud_zones.read_zones_table(warehouse) == set(ZONES)
    assert check.execute({}) == {"zones": 2}
    described = warehouse.client.get_table(str(warehouse.place.zones)).schema
    assert all(field.description for field in described)


def test_shapes_are_loaded_and_replaced(
    connection: Connection, warehouse: BigQueryWarehouse
) -> None:
    shapes = [ZoneShape(zone, '{"type":"MultiPolygon","coordinates":[]}') for zone in (1, 4, 7)]
    assert cloud_zones.read_shapes_table(warehouse) == []
    for found in (shapes, shapes[1:]):
        assert cloud_zones.load_shapes(warehouse, found) == len(found)
        assert load_shapes(connection, "public", found) == len(found)
    there = connection.execute("SELECT locationid, geojson FROM taxi_zone_shape").fetchall()
    assert cloud_zones.read_shapes_table(warehouse) == shapes[1:]
    assert [ZoneShape(*row) for row in there] == shapes[1:]
    described = warehouse.client.get_table(str(warehouse.place.shapes)).schema
    assert all(field.description for field in described)

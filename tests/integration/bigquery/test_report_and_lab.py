"""What tlc_bigquery_report and tlc_lab do in BigQuery, as far as the emulator goes."""

from __future__ import annotations

import csv
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
import pytest
from cloud_month import CloudMonth

from nyc_tlc.core.bigquery import extract as cloud
from nyc_tlc.core.bigquery.lab import Lab, create_table
from nyc_tlc.core.bigquery.ledger import latest_load, stale_months
from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse
from nyc_tlc.core.bigquery.zones import load_shapes, load_zones
from nyc_tlc.core.catalog import Taxi
from nyc_tlc.core.contract.model import load_contract
from nyc_tlc.core.postgres import extract
from nyc_tlc.core.shapes.archive import ZoneShape
from nyc_tlc.core.zones import Zone
from tests.support.trip_files import load_month, write_fhvhv, write_month

pytestmark = pytest.mark.integration

SQL = Path(__file__).parents[3] / "dags" / "sql" / "bigquery"


@contextmanager
def draft(path: Path) -> Any:
    with path.open("wb") as target:
        yield target


@pytest.mark.parametrize("postgres_socket", [18], indirect=True, ids=["postgres18"])
@pytest.mark.parametrize("taxi", ["green", "fhvhv"])
def test_a_report_gets_the_same_trips_from_both(
    connection: psycopg.Connection[Any], warehouse: BigQueryWarehouse, storage: Any, tmp_path: Path,
    taxi: str,
) -> None:  # fmt: skip
    path = write_fhvhv(tmp_path) if taxi == "fhvhv" else write_month(tmp_path, taxi, rows=30)
    contract, files = load_contract(Taxi(taxi)), (tmp_path / "postgres", tmp_path / "bigquery")
    load_month(connection, path)
    month = CloudMonth.of(warehouse, storage, path, taxi, "2021-01")
    month.into_trips()
    bucket = storage.bucket(warehouse.place.bucket)
    rows = extract.extract_month(connection, "public", month.file, contract, draft(files[0]))
    given = (bucket, warehouse, month.file, contract, draft(files[1]))
    assert cloud.extract_month(*given) == rows > 0
    ours, theirs = (pq.read_table(file) for file in files)
    assert ours.schema == theirs.schema
    assert sorted(map(repr, ours.to_pylist())) == sorted(map(repr, theirs.to_pylist()))
    assert [blob.name for blob in bucket.list_blobs(prefix="staging/report")] == []
    assert [file.month for file in stale_months(warehouse, [])] == [month.file.month]
    load = latest_load(warehouse, month.file)
    assert load is not None
    assert stale_months(warehouse, [(Taxi(taxi), month.file.month, load.load_id)]) == []


def test_a_report_gets_the_zones_names(warehouse: BigQueryWarehouse, tmp_path: Path) -> None:
    lookup = tmp_path / "lookup.csv"
    assert cloud.extract_zones(warehouse, draft(lookup)) is False
    load_zones(warehouse, [Zone(7, "Queens", "Astoria", "Boro Zone"), Zone(264, None, None, None)])
    assert cloud.extract_zones(warehouse, draft(lookup)) is True
    assert lookup.read_text().splitlines() == [
        "locationid,borough,zone",
        "7,Queens,Astoria",
        "264,,",
    ]


def test_a_report_gets_the_zones_shapes(warehouse: BigQueryWarehouse, tmp_path: Path) -> None:
    shapes = tmp_path / "shapes.csv"
    assert cloud.extract_shapes(warehouse, draft(shapes)) is False
    load_shapes(warehouse, [ZoneShape(7, '{"type":"MultiPolygon"}')])
    assert cloud.extract_shapes(warehouse, draft(shapes)) is True
    with shapes.open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["locationid", "geojson"], ["7", '{"type":"MultiPolygon"}'],
        ]  # fmt: skip


def test_the_lab_creates_its_tables(
    warehouse: BigQueryWarehouse, storage: Any, tmp_path: Path
) -> None:
    """The emulator has no external tables, so a plain one stands for it; it estimates nothing."""
    from google.cloud.bigquery import LoadJobConfig

    path = write_month(tmp_path, "yellow", "2024-01", 5)
    month = CloudMonth.of(warehouse, storage, path, "yellow", "2024-01")
    month.stage()
    external = str(Lab(warehouse.place, Taxi.YELLOW, 2024, "external").table)
    config = LoadJobConfig(source_format="PARQUET")
    uri = warehouse.place.uri(month.file)
    warehouse.client.load_table_from_uri(uri, external, job_config=config).result()
    query = (SQL / "lab_query.sql").read_text()
    made = [
        create_table(
            warehouse, Lab(warehouse.place, Taxi.YELLOW, 2024, kind),
            (SQL / f"lab_{kind}.sql").read_text(), query, 10**9,
        )
        for kind in ("plain", "partitioned")
    ]  # fmt: skip
    dataset = f"{warehouse.place.project}.{warehouse.place.dataset}"
    assert [each.table for each in made] == [
        f"{dataset}.yellow_2024{suffix}" for suffix in ("", "_partitioned")
    ]
    assert all(each.query_bytes >= 0 for each in made)
    for each in made:
        [row] = warehouse.query(f"SELECT COUNT(*) AS n FROM `{each.table}`")
        assert row.n == 5

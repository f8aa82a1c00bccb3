"""A month from the trips table, as the Parquet file for a script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
import pytest

from nyc_tlc.core.catalog import TripFile
from nyc_tlc.core.contract.model import load_contract
from nyc_tlc.core.errors import TableMissingError
from nyc_tlc.core.files import replaced
from nyc_tlc.core.postgres import extract
from nyc_tlc.core.postgres.extract import extract_month, extract_shapes, extract_zones
from nyc_tlc.core.postgres.zones import load_shapes, load_zones
from nyc_tlc.core.shapes.archive import ZoneShape
from nyc_tlc.core.zones import Zone
from tests.support.trip_files import load_month, trip_file, write_fhvhv, write_month

pytestmark = pytest.mark.integration

Connection = psycopg.Connection[Any]


def extracted(connection: Connection, file: TripFile, folder: Path) -> tuple[int, Any]:
    target = folder / "trips.parquet"
    rows = extract_month(connection, "public", file, load_contract(file.taxi), replaced(target))
    assert [path.name for path in folder.glob("*trips*")] == ["trips.parquet"]
    return rows, pq.read_table(target)


@pytest.mark.parametrize("taxi", ["yellow", "green"])
def test_the_month_is_what_the_table_has(
    connection: Connection, tmp_path: Path, taxi: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extract, "BLOCK_BYTES", 1000)
    path = write_month(tmp_path, taxi, rows=500)
    load_month(connection, path)
    load_month(connection, write_month(tmp_path, taxi, "2021-02", rows=7), "another")

    rows, table = extracted(connection, trip_file(path), tmp_path)
    assert rows == table.num_rows == 500
    pickup = load_contract(trip_file(path).taxi).pickup
    query = f"""
        SELECT {pickup}, pulocationid, total_amount, tip_amount, payment_type = 1
        FROM {taxi}_tripdata WHERE file_month = '2021-01-01'
    """
    there = sorted(connection.execute(query).fetchall())
    assert sorted(tuple(row.values()) for row in table.to_pylist()) == there


def test_fhv_has_only_pickups_and_zones(connection: Connection, tmp_path: Path) -> None:
    path = write_month(tmp_path, "fhv", rows=3, PUlocationID=[7.0, None, 9.0])
    load_month(connection, path)
    rows, table = extracted(connection, trip_file(path), tmp_path)
    assert (rows, table.column_names) == (3, ["pickup", "zone"])
    assert sorted(table["zone"].to_pylist(), key=str) == [7, 9, None]


def test_fhvhv_s_total_is_everything_paid_and_null_if_unknown(
    connection: Connection, tmp_path: Path
) -> None:
    path = write_fhvhv(
        tmp_path, base_passenger_fare=[10.0, None], tolls=[1.0, None], bcf=[None, None],
        sales_tax=[1.0, None], congestion_surcharge=[None, None], airport_fee=[None, None],
        tips=[2.0, None],
    )  # fmt: skip
    load_month(connection, path)
    _, table = extracted(connection, trip_file(path), tmp_path)
    assert table.column_names == ["pickup", "zone", "total", "tip", "driver_pay"]
    rows = sorted((tuple(row.values())[1:] for row in table.to_pylist()), key=str)
    assert rows == [(7, 14.0, 2.0, 8.0), (7, None, None, 16.0)]


def test_nulls_and_a_server_with_another_date_style(connection: Connection, tmp_path: Path) -> None:
    path = write_month(tmp_path, rows=2, tip_amount=[None, 1.5], payment_type=[None, 1])
    load_month(connection, path)
    connection.execute("SET datestyle = 'German'")
    _, table = extracted(connection, trip_file(path), tmp_path)
    assert sorted(table["tip"].to_pylist(), key=str) == [1.5, None]
    assert sorted(table["by_card"].to_pylist(), key=str) == [None, True]
    assert {pickup.year for pickup in table["pickup"].to_pylist()} == {2021}


def test_a_plain_table_with_ids_as_text(connection: Connection, tmp_path: Path) -> None:
    connection.execute(
        """
        CREATE TABLE green_tripdata (
            filename text, lpep_pickup_datetime timestamp, pulocationid text,
            total_amount double precision, tip_amount double precision, payment_type text
        );
        INSERT INTO green_tripdata VALUES
            ('green_tripdata_2021-01.csv.gz', '2021-01-02', '74.0', 10, 1, '1'),
            ('green_tripdata_2021-02.csv.gz', '2021-02-02', '75', 10, 1, '1')
        """
    )
    rows, table = extracted(connection, TripFile.of("green", "2021-01"), tmp_path)
    assert (rows, table["zone"].to_pylist(), table["by_card"].to_pylist()) == (1, [74], [True])


def test_a_month_that_is_not_loaded_is_an_empty_file(
    connection: Connection, tmp_path: Path
) -> None:
    load_month(connection, write_month(tmp_path))
    rows, table = extracted(connection, TripFile.of("green", "2024-05"), tmp_path)
    assert rows == table.num_rows == 0
    assert table.column_names == ["pickup", "zone", "total", "tip", "by_card"]


def test_without_a_trips_table_nothing_is_written(connection: Connection, tmp_path: Path) -> None:
    with pytest.raises(
        TableMissingError, match=r"green_tripdata.* does not exist.*tlc_postgres_green"
    ):
        extracted(connection, TripFile.of("green", "2021-01"), tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_interrupted_copy_leaves_the_old_file(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_month(connection, write_month(tmp_path))
    target = tmp_path / "trips.parquet"
    target.write_text("the old one")

    def broken(*_: object) -> Any:
        raise OSError("no space left")

    monkeypatch.setattr(extract, "_parsed", broken)
    with pytest.raises(OSError, match="no space"):
        extracted(connection, TripFile.of("green", "2021-01"), tmp_path)
    assert target.read_text() == "the old one"


def test_zones_are_written_with_their_names_if_they_are_loaded(
    connection: Connection, tmp_path: Path
) -> None:
    target = tmp_path / "lookup.csv"
    assert not extract_zones(connection, "public", replaced(target))
    assert not target.exists()
    zones = [Zone(7, "Queens", 'Astoria, "the"', None), Zone(264, "Unknown", None, None)]
    load_zones(connection, "public", zones)
    assert extract_zones(connection, "public", replaced(target))
    assert target.read_text().splitlines() == [
        "locationid,borough,zone", '7,Queens,"Astoria, ""the"""', "264,Unknown,",
    ]  # fmt: skip


def test_shapes_are_written_if_they_are_loaded(connection: Connection, tmp_path: Path) -> None:
    target = tmp_path / "shapes.csv"
    assert not extract_shapes(connection, "public", replaced(target))
    assert not target.exists()
    load_shapes(connection, "public", [ZoneShape(7, '{"coordinates":[]}')])
    assert extract_shapes(connection, "public", replaced(target))
    assert target.read_text().splitlines() == ["locationid,geojson", '7,"{""coordinates"":[]}"']


def test_old_months_have_the_pickup_s_coordinates(connection: Connection, tmp_path: Path) -> None:
    path = write_month(
        tmp_path, "yellow", "2010-03", rows=2,
        pickup_longitude=[-73.99, None], pickup_latitude=[40.75, None],
    )  # fmt: skip
    load_month(connection, path)
    _, table = extracted(connection, trip_file(path), tmp_path)
    found = zip(table["longitude"].to_pylist(), table["latitude"].to_pylist(), strict=True)
    assert sorted(found, key=str) == [(-73.99, 40.75), (None, None)]

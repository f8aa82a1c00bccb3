from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dev.generator import Column, Era, batches, era_of, write
from dev.generator.files import ROW_GROUP_ROWS
from nyc_tlc.core.catalog import Taxi
from nyc_tlc.core.contract.model import load_contract
from nyc_tlc.core.landing.verify import count_rows
from nyc_tlc.core.reader.trips import TripReader

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit

MONTH = "2021-01"
ROWS = 6000


def table(era: Era, month: str = MONTH, rows: int = ROWS, seed: int = 0) -> pa.Table:
    return pa.Table.from_batches(batches(era, month, rows, seed))


def column(taxi: str, name: str) -> np.ndarray:
    return table(era_of(taxi, MONTH))[name].to_numpy()


def loaded(path: Path, taxi: str) -> list[dict[str, object]]:
    """The rows as a load would have them, without their NULLs."""
    rows = pa.Table.from_batches(TripReader(path, load_contract(Taxi(taxi))).batches()).to_pylist()
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


@pytest.mark.parametrize("ending", ["parquet", "csv", "csv.gz"])
def test_the_same_arguments_give_the_same_bytes(tmp_path: Path, ending: str) -> None:
    paths = [tmp_path / f"{n}.{ending}" for n in range(3)]
    for path, seed in zip(paths, (1, 1, 2), strict=True):
        write(path, era_of("yellow", MONTH), MONTH, 500, seed)
    first, second, other = (path.read_bytes() for path in paths)
    assert first == second
    assert first != other


@pytest.mark.parametrize("taxi", ["yellow", "green"])
def test_csv_and_parquet_are_the_same_trips(tmp_path: Path, taxi: str) -> None:
    files = [tmp_path / f"trips.{ending}" for ending in ("parquet", "csv", "csv.gz")]
    for path in files:
        write(path, era_of(taxi, MONTH), MONTH, ROWS)
        assert count_rows(path, path.name, "file") == ROWS
    parquet, csv, zipped = (loaded(path, taxi) for path in files)
    assert parquet == csv == zipped


@pytest.mark.parametrize("month", ["2020-03", "2021-01", "2023-01", "2023-02", "2023-12"])
def test_green_has_the_types_of_tlcs_own_file(real_data: Path, month: str) -> None:
    real = pq.read_schema(real_data / "trip-data" / f"green_tripdata_{month}.parquet")
    ours = table(era_of("green", month), month, rows=10).schema
    assert ours.equals(real.remove_metadata())


def test_yellow_changes_its_types_in_2023() -> None:
    old, new = (
        table(era_of("yellow", month), month, rows=10).schema for month in ("2023-01", "2023-02")
    )
    assert (old.field("VendorID").type, new.field("VendorID").type) == (pa.int64(), pa.int32())
    assert old.field("airport_fee").type == pa.null()
    assert new.field("Airport_fee").type == pa.float64()
    assert new.field("store_and_fwd_flag").type == pa.large_string()
    assert len(old) == len(new) == 19


def test_an_era_before_the_first_is_refused() -> None:
    with pytest.raises(ValueError, match="No era of green in 2013-08"):
        era_of("green", "2013-08")


def test_a_column_does_not_depend_on_the_other_columns() -> None:
    era = era_of("green", MONTH)
    few = Era(era.taxi, era.since, era.unreported, era.columns[3:6])
    assert table(few).equals(table(era).select([c.name for c in few.columns]))


def test_every_file_has_the_oddities_of_real_ones() -> None:
    trips = table(era_of("green", MONTH))
    pickups = trips["lpep_pickup_datetime"].to_numpy()
    month = pickups.astype("datetime64[M]")
    assert (month < np.datetime64(MONTH)).any()
    assert (month > np.datetime64(MONTH)).any()
    assert (trips["VendorID"].to_numpy() == 6).any()
    assert trips["trip_distance"].to_numpy().max() > 90_000
    assert 0.3 < trips["passenger_count"].null_count / ROWS < 0.5
    assert trips["passenger_count"].null_count == trips["store_and_fwd_flag"].null_count
    assert trips["VendorID"].null_count == 0


def test_a_refund_is_the_trip_before_it_with_its_amounts_negated() -> None:
    fares, totals = column("yellow", "fare_amount"), column("yellow", "total_amount")
    pickups = column("yellow", "tpep_pickup_datetime")
    refunds = np.flatnonzero(totals < 0)
    assert len(refunds) == ROWS // 400
    assert (fares[refunds] == -fares[refunds - 1]).all()
    assert (pickups[refunds] == pickups[refunds - 1]).all()


def test_totals_are_the_sum_of_their_amounts_in_whole_cents() -> None:
    trips = table(era_of("yellow", "2023-02"), "2023-02")
    amounts = [c.name for c in era_of("yellow", "2023-02").columns if c.amount]
    amounts.remove("total_amount")
    summed = sum(np.nan_to_num(trips[name].to_numpy()) for name in amounts)
    total = trips["total_amount"].to_numpy()
    assert np.abs(total - summed).max() < 0.005
    assert (np.round(total, 2) == total).all()


def test_row_groups_are_as_large_as_tlcs(tmp_path: Path) -> None:
    era = era_of("green", MONTH)
    narrow = Era(
        era.taxi, era.since, era.unreported, (Column("VendorID", "int64", era.columns[0].recipe),)
    )
    write(tmp_path / "large.parquet", narrow, MONTH, ROW_GROUP_ROWS + 1)
    footer = pq.read_metadata(tmp_path / "large.parquet")
    assert [footer.row_group(i).num_rows for i in range(2)] == [ROW_GROUP_ROWS, 1]
    assert footer.row_group(0).column(0).compression == "SNAPPY"
    assert "RLE_DICTIONARY" in footer.row_group(0).column(0).encodings


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_tiny_files_are_whole(tmp_path: Path, rows: int) -> None:
    write(tmp_path / "tiny.parquet", era_of("yellow", MONTH), MONTH, rows)
    assert pq.read_metadata(tmp_path / "tiny.parquet").num_rows == rows
    write(tmp_path / "tiny.csv.gz", era_of("yellow", MONTH), MONTH, rows)
    with gzip.open(tmp_path / "tiny.csv.gz", "rt") as text:
        header, *lines = text.read().splitlines()
    assert len(lines) == rows
    assert header.startswith("VendorID,tpep_pickup_datetime,")
    assert "airport_fee" not in header.lower()

"""A landing path and a file's column names are taken literally."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nyc_tlc.core.catalog import Taxi
from nyc_tlc.core.contract.model import load_contract
from nyc_tlc.core.reader.trips import TripReader

pytestmark = pytest.mark.unit

NAME = "fhv_tripdata_2019-01.parquet"
NOON = dt.datetime(2019, 1, 1, 12)


def write(folder: Path, base: str, **columns: Any) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / NAME
    pq.write_table(
        pa.table({"dispatching_base_num": [base], "pickup_datetime": [NOON], **columns}), path
    )
    return path


def bases(path: Path) -> tuple[list[str], list[str]]:
    """As DuckDB reads it, and row by row."""
    reader = TripReader(path, load_contract(Taxi.FHV))
    found = (
        pa.Table.from_batches(batches)["dispatching_base_num"].to_pylist()
        for batches in (reader.batches(), reader.readable_batches())
    )
    at_once, with_care = found
    return at_once, with_care


@pytest.mark.parametrize(
    ("folder", "neighbour"),
    [
        ("c[1]", "c1"), ("a*b", "axb"), ("q?", "qz"), ("[!c]", "d"), ("PULocationID=9", "x"),
        ("{a,b}", "a"), ("back\\slash", "backslash"), ("per%20cent", "per cent"),
    ],
)  # fmt: skip
def test_a_folder_s_name_is_no_pattern_and_no_column(
    tmp_path: Path, folder: str, neighbour: str
) -> None:
    write(tmp_path / neighbour, "neighbour")
    path = write(tmp_path / folder, "own")
    assert bases(path) == (["own"], ["own"])
    reader = TripReader(path, load_contract(Taxi.FHV))
    assert [c.name for c in reader.columns] == ["dispatching_base_num", "pickup_datetime"]


@pytest.mark.parametrize(
    "name",
    ["file_row_number", "filename", "file_month", "unique_row_id", "trip_id", "line", "place", "raw", "c0",
     "a.b", 'q"uote', "semi;colon"],
)  # fmt: skip
def test_a_column_with_a_name_of_ours_is_just_unknown(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, "own", **{name: [99]})
    assert bases(path) == (["own"], ["own"])
    reader = TripReader(path, load_contract(Taxi.FHV))
    assert reader.match.unknown == (name,)
    csv = tmp_path / "fhv_tripdata_2019-01.csv"
    quoted = '"' + name.replace('"', '""') + '"'
    csv.write_text(f"dispatching_base_num,pickup_datetime,{quoted}\nown,2019-01-01 12:00:00,99\n")
    assert bases(csv) == (["own"], ["own"])


def test_columns_that_differ_only_in_case_keep_their_names(tmp_path: Path) -> None:
    path = write(tmp_path, "own", Memo=["a"], memo=["b"], Nested=[{"x": [1], "y": 2}], last=[1])
    reader = TripReader(path, load_contract(Taxi.FHV))
    assert reader.match.unknown == ("memo", "memo", "nested", "last")

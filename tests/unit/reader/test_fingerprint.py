"""``unique_row_id`` equals a second implementation of its definition with hashlib."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import hashlib
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nyc_tlc.core.catalog import Taxi
from nyc_tlc.core.contract.model import load_contract, parse_contract
from nyc_tlc.core.reader.trips import TripReader
from tests.support.trip_data import TripData

pytestmark = pytest.mark.unit

CONTRACT = """
taxi = "fhv"
description = "A test's."
[roles]
pickup = "pickup_datetime"
[[column]]
name = "base"
type = "text"
description = "x"
[[column]]
name = "pickup_datetime"
type = "timestamp"
description = "x"
[[column]]
name = "zone"
type = "integer"
description = "x"
[[column]]
name = "miles"
type = "float"
description = "x"
"""
GROWN = CONTRACT + '[[column]]\nname = "fee"\ntype = "float"\ndescription = "new"\n'


def ids(path: Path, contract: str = CONTRACT) -> list[bytes]:
    reader = TripReader(path, parse_contract(contract, path.name))
    return [row["unique_row_id"] for batch in reader.batches() for row in batch.to_pylist()]


def parquet(folder: Path, **columns: Any) -> Path:
    path = folder / "fhv_tripdata_2021-01.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def md5(text: str) -> bytes:
    return hashlib.md5(text.encode()).digest()


def test_the_text_is_what_the_definition_says(tmp_path: Path) -> None:
    path = parquet(
        tmp_path,
        base=pa.array(["B1|2\\", None, ""]),
        pickup_datetime=pa.array([1_609_459_200_000_000, None, 1], pa.timestamp("us")),
        zone=pa.array([7, None, None], pa.int64()),
        miles=pa.array([12.0, None, 14.300000000000001]),
    )
    assert ids(path) == [
        md5(r"1|AB1\p2\\|B1609459200000000|C7|D12.0"),
        md5("1"),
        md5("1|A|B1|D14.3"),
    ]


def test_null_and_empty_text_and_shifted_values_differ(tmp_path: Path) -> None:
    path = parquet(
        tmp_path,
        base=pa.array(["", None, "x", None], pa.string()),
        zone=pa.array([1, 1, None, 12]),
        miles=pa.array([None, None, 1.0, None], pa.float64()),
    )
    assert len(set(ids(path))) == 4


def test_a_column_added_at_the_end_does_not_change_ids(tmp_path: Path) -> None:
    path = parquet(tmp_path, base=pa.array(["B1"]), zone=pa.array([7]))
    assert ids(path, GROWN) == ids(path)
    grown = parquet(
        tmp_path,
        base=pa.array(["B1"]),
        zone=pa.array([7]),
        fee=pa.array(
            [
                None,
            ],
            pa.float64(),
        ),
    )
    assert ids(grown, GROWN) == ids(grown)


def test_one_trip_has_one_id_from_csv_and_parquet(tmp_path: Path) -> None:
    csv = tmp_path / "fhv_tripdata_2021-01.csv.gz"
    csv.write_bytes(
        gzip.compress(
            b"base,pickup_datetime,zone,miles\nB1,2021-01-01 00:00:00,7,8.9000000000000004\n"
        )
    )
    path = parquet(
        tmp_path,
        base=pa.array(["B1"]),
        pickup_datetime=pa.array([1_609_459_200_000_000], pa.timestamp("us")),
        zone=pa.array([7.0]),
        miles=pa.array([8.9]),
    )
    assert ids(csv) == ids(path)


TEXT = st.text(st.sampled_from(list("B0|\\p é")), max_size=3)
TIMES = st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1))
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
ROWS = st.tuples(
    TEXT.filter(bool) | st.none(),
    TIMES | st.none(),
    st.integers(-(2**31), 2**31 - 1) | st.none(),
    FLOATS | st.decimals(-99, 99, places=2).map(float) | st.none(),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(ROWS, max_size=20))
def test_any_row_has_one_id_from_csv_and_parquet(rows: list[tuple[Any, ...]]) -> None:
    """CSV's ids are put together by Arrow, Parquet's by DuckDB's SQL."""
    names = ["base", "pickup_datetime", "zone", "miles"]
    kinds = [pa.string(), pa.timestamp("us"), pa.int32(), pa.float64()]
    columns = [list(values) for values in zip(*rows, strict=True)] or [[]] * len(names)
    with tempfile.TemporaryDirectory() as folder:
        trips = map(pa.array, columns, kinds)
        from_parquet = ids(parquet(Path(folder), **dict(zip(names, trips, strict=True))))
        path = Path(folder) / "fhv_tripdata_2021-01.csv"
        with path.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([names, *rows])
        assert ids(path) == from_parquet


def test_the_ids_of_known_rows_stay_as_they_are(trip_data: TripData) -> None:
    path = trip_data / "trip-data/green_tripdata_2021-01.parquet"
    batches = TripReader(path, load_contract(Taxi.GREEN)).batches()
    first = next(batch for batch in batches if batch.num_rows)
    assert first.column("unique_row_id")[0].as_py().hex() == GOLDEN[str(trip_data)]


GOLDEN = {
    "real": "a59a501d7c1408c8911ec7e981aac15b",
    "generated": "cc2c9a5feeb522da0331e9c78610b5fb",
}

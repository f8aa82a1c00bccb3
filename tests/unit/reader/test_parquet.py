"""Every Parquet type that files use, or may use, for a column of the contract."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nyc_tlc.core.catalog import Taxi
from nyc_tlc.core.contract.model import load_contract
from nyc_tlc.core.errors import BadFileError, ContractError
from nyc_tlc.core.reader.arrow import arrow_types
from nyc_tlc.core.reader.trips import TripReader
from tests.support.trip_data import TripData

pytestmark = pytest.mark.unit

NOON = dt.datetime(2010, 2, 1, 12, 30)
TYPES = {str(kind): arrow for kind, arrow in arrow_types().items()}


def write(folder: Path, columns: dict[str, Any], **options: Any) -> Path:
    """A yellow file of 2010, with what the contract requires besides."""
    rows = len(next(iter(columns.values())))
    required = {
        "pickup_datetime": pa.array([NOON] * rows, pa.timestamp("us")),
        "dropoff_datetime": pa.array([NOON] * rows, pa.timestamp("us")),
        **{
            name: pa.array([1.0] * rows)
            for name in ("trip_distance", "fare_amount", "total_amount")
        },
    }
    path = folder / "yellow_tripdata_2010-02.parquet"
    pq.write_table(pa.table(required | columns), path, **options)
    return path


def read(path: Path) -> pa.Table:
    return pa.Table.from_batches(TripReader(path, load_contract(Taxi.YELLOW)).batches())


def column(folder: Path, name: str, values: pa.Array, canonical: str, **options: Any) -> pa.Array:
    """One column of the file as the reader gives it, whose type is always the contract's."""
    found = read(write(folder, {name: values}, **options))[canonical]
    assert found.type == TYPES[load_contract(Taxi.YELLOW).column(canonical).type]
    return found.to_pylist()


INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


@pytest.mark.parametrize("kind", [*INTEGERS, "float", "double", "decimal128(9, 2)", "string"])
def test_whole_numbers_of_any_type_are_integers(tmp_path: Path, kind: str) -> None:
    arrow = pa.decimal128(9, 2) if kind.startswith("decimal") else pa.type_for_alias(kind)
    values = pa.array(["1", None, "99"]).cast(arrow)
    assert column(tmp_path, "rate_code", values, "ratecodeid") == [1, None, 99]


def test_yes_and_no_are_one_and_zero(tmp_path: Path) -> None:
    values = pa.array([True, False, None])
    assert column(tmp_path, "rate_code", values, "ratecodeid") == [1, 0, None]


@pytest.mark.parametrize(
    "values",
    [
        pa.array([1.5, None], pa.float64()),
        pa.array([1.5, None], pa.float32()),
        pa.array([Decimal("1.50"), None], pa.decimal128(8, 2)),
        pa.array([" 1.50 ", ""], pa.string()),
        pa.array(["1.50", "  "], pa.large_string()),
    ],
    ids=["double", "float", "decimal", "text", "large text"],
)
def test_money_comes_through_without_loss(tmp_path: Path, values: pa.Array) -> None:
    assert column(tmp_path, "tip_amount", values, "tip_amount") == [1.5, None]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_of_any_unit_are_wall_times(tmp_path: Path, unit: str) -> None:
    values = pa.array([NOON, None], pa.timestamp(unit))
    found = column(tmp_path, "pickup_datetime", values, "tpep_pickup_datetime")
    assert found == [NOON, None]


def test_times_as_text_are_wall_times(tmp_path: Path) -> None:
    """So are those of yellow 2009."""
    values = pa.array(["2010-02-01 12:30:00", None, ""])
    found = column(tmp_path, "pickup_datetime", values, "tpep_pickup_datetime")
    assert found == [NOON, None, None]


def test_old_timestamps_of_96_bits_are_wall_times(tmp_path: Path) -> None:
    values = pa.array([NOON], pa.timestamp("ns"))
    found = column(
        tmp_path,
        "pickup_datetime",
        values,
        "tpep_pickup_datetime",
        use_deprecated_int96_timestamps=True,
    )
    assert found == [NOON]


def test_less_than_a_microsecond_is_not_cut_off(tmp_path: Path) -> None:
    path = write(tmp_path, {"pickup_datetime": pa.array([1_001], pa.timestamp("ns"))})
    with pytest.raises(ContractError, match="not a time"):
        read(path)


def test_a_time_with_a_zone_is_refused_and_not_shifted(tmp_path: Path) -> None:
    path = write(tmp_path, {"pickup_datetime": pa.array([NOON], pa.timestamp("us", tz="UTC"))})
    expected = "tpep_pickup_datetime: .* TIMESTAMP WITH TIME ZONE cannot be read as timestamp"
    with pytest.raises(ContractError, match=expected):
        read(path)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array(["Y", None, " "]), ["Y", None, " "]),
        (pa.array(["Y", None], pa.large_string()), ["Y", None]),
        (pa.array(["Y", None]).dictionary_encode(), ["Y", None]),
        (pa.array([b"Y", None]), ["Y", None]),
        (pa.array([1.0, 0.0, None, 10.0]), ["1", "0", None, "10"]),
        (pa.array([1, 0, None]), ["1", "0", None]),
    ],
    ids=["text", "large text", "dictionary", "bytes", "float", "integer"],
)
def test_flags_of_any_type_are_text(tmp_path: Path, values: pa.Array, expected: list[Any]) -> None:
    assert column(tmp_path, "store_and_fwd_flag", values, "store_and_fwd_flag") == expected


def test_words_become_codes_and_stay(tmp_path: Path) -> None:
    words = ["CASH", "Credit", "CAS", "No Charge", "Dispute", "2", "Gold", None]
    vendors = ["CMT", "VTS", "DDS", "1", "2", "vts", "", None]
    table = read(write(tmp_path, {"payment_type": pa.array(words), "vendor_id": pa.array(vendors)}))
    assert table["payment_type"].to_pylist() == [2, 1, 2, 3, 4, 2, None, None]
    assert table["payment_name"].to_pylist() == [*words[:5], None, "Gold", None]
    assert table["vendorid"].to_pylist() == [1, 2, None, 1, 2, 2, None, None]
    assert table["vendor_name"].to_pylist()[:3] == ["CMT", "VTS", "DDS"]


def test_a_column_of_type_null_counts_as_missing(tmp_path: Path) -> None:
    table = read(write(tmp_path, {"airport_fee": pa.nulls(2), "surcharge": pa.array([0.5, None])}))
    assert "airport_fee" not in table.column_names
    assert table["extra"].to_pylist() == [0.5, None]


def test_a_pandas_index_is_not_a_column(tmp_path: Path) -> None:
    path = write(tmp_path, {"__index_level_0__": pa.array([0, 1])})
    assert TripReader(path, load_contract(Taxi.YELLOW)).match.unknown == ()


def test_row_groups_keep_their_order(tmp_path: Path) -> None:
    values = pa.array(range(200_000), pa.int32())
    found = column(tmp_path, "passenger_count", values, "passenger_count", row_group_size=7_001)
    assert found == list(range(200_000))


def test_a_file_without_rows_gives_one_empty_batch(tmp_path: Path) -> None:
    path = write(tmp_path, {"passenger_count": pa.array([], pa.int64())})
    (batch,) = TripReader(path, load_contract(Taxi.YELLOW)).batches()
    assert batch.num_rows == 0
    assert batch.schema.field("passenger_count").type == pa.int32()


@pytest.mark.parametrize("name", ["access_denied.parquet", "truncated.parquet"])
def test_what_is_not_parquet_is_refused(trip_data: TripData, name: str) -> None:
    with pytest.raises(BadFileError, match="cannot be opened as Parquet"):
        TripReader(trip_data / f"negative/{name}", load_contract(Taxi.GREEN))


def test_damaged_pages_are_not_mistaken_for_bad_values(tmp_path: Path) -> None:
    path = write(tmp_path, {"passenger_count": pa.array(range(50_000))}, compression="zstd")
    content = bytearray(path.read_bytes())
    content[2_000:60_000] = b"\xff" * 58_000
    path.write_bytes(content)
    with pytest.raises(BadFileError, match="is Parquet, but part of it cannot be read"):
        read(path)

"""Any CSV file of any era, written by this test, is read completely."""

from __future__ import annotations

import datetime as dt
import gzip
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nyc_tlc.core.catalog import Taxi
from nyc_tlc.core.contract.model import load_contract
from nyc_tlc.core.landing.verify import count_rows
from nyc_tlc.core.reader import lines
from nyc_tlc.core.reader.trips import TripReader

pytestmark = pytest.mark.unit

Value = int | float | str | dt.datetime | None

# A header as TLC wrote it, and the canonical column and kind of each of its names.
ERAS = {
    "yellow": [
        (
            "vendor_name,Trip_Pickup_DateTime,Trip_Dropoff_DateTime,Passenger_Count,Trip_Distance,"
            "Start_Lon,Start_Lat,Rate_Code,store_and_forward,End_Lon,End_Lat,Payment_Type,Fare_Amt,"
            "surcharge,mta_tax,Tip_Amt,Tolls_Amt,Total_Amt",
            "vendorid:v tpep_pickup_datetime:t tpep_dropoff_datetime:t passenger_count:i "
            "trip_distance:f pickup_longitude:f pickup_latitude:f ratecodeid:i store_and_fwd_flag:s "
            "dropoff_longitude:f dropoff_latitude:f payment_type:p fare_amount:f extra:f mta_tax:f "
            "tip_amount:f tolls_amount:f total_amount:f",
        ),
        (
            "vendor_id, pickup_datetime, dropoff_datetime, trip_distance, fare_amount, total_amount",
            "vendorid:v tpep_pickup_datetime:t tpep_dropoff_datetime:t trip_distance:f "
            "fare_amount:f total_amount:f",
        ),
    ],
    "green": [
        (
            "VendorID,lpep_pickup_datetime,Lpep_dropoff_datetime,Trip_distance,Fare_amount,"
            "Ehail_fee,Total_amount,Payment_type,Trip_type ",
            "vendorid:i lpep_pickup_datetime:t lpep_dropoff_datetime:t trip_distance:f "
            "fare_amount:f ehail_fee:f total_amount:f payment_type:i trip_type:i",
        )
    ],
    "fhv": [
        (
            "Dispatching_base_num,Pickup_date,locationID",
            "dispatching_base_num:s pickup_datetime:t pulocationid:i",
        ),
        (
            '"Pickup_DateTime","DropOff_datetime","PUlocationID","DOlocationID","SR_Flag",'
            '"Dispatching_base_num"',
            "pickup_datetime:t dropoff_datetime:t pulocationid:i dolocationid:i sr_flag:i "
            "dispatching_base_num:s",
        ),
    ],
    "fhvhv": [
        (
            "hvfhs_license_num,dispatching_base_num,pickup_datetime,dropoff_datetime,PULocationID",
            "hvfhs_license_num:s dispatching_base_num:s pickup_datetime:t dropoff_datetime:t "
            "pulocationid:i",
        ),
        (
            "dispatching_base_num,pickup_datetime,dropoff_datetime,SR_Flag,Affiliated_base_number",
            "dispatching_base_num:s pickup_datetime:t dropoff_datetime:t sr_flag:r "
            "affiliated_base_number:s",
        ),
    ],
}
WORDS = {
    "v": {"CMT": 1, "VTS": 2, "DDS": None, "Vts": 2},
    "r": {"N": 0, "y": 1},
    "p": {"CASH": 2, "Credit": 1, "No Charge": 3, "CRD": 1, "Wire": None},
}
WORD_COLUMNS = {"v": "vendor_name", "p": "payment_name", "r": "sr_flag_word"}

TEXT = st.text(st.sampled_from(list('BNY0123 ,"|\\é')), min_size=1, max_size=6)
TIMES = st.datetimes(dt.datetime(2001, 1, 1), dt.datetime(2090, 1, 1))
VALUES: dict[str, st.SearchStrategy[Value]] = {
    "i": st.integers(-(2**31), 2**31 - 1),
    "f": st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(-1000, 1000, places=2).map(float),
    "t": TIMES | TIMES.map(lambda time: time.replace(microsecond=0)),
    "s": TEXT,
    "v": st.sampled_from(list(WORDS["v"])) | st.integers(0, 9),
    "p": st.sampled_from(list(WORDS["p"])) | st.integers(0, 9),
    "r": st.sampled_from(list(WORDS["r"])) | st.integers(0, 1),
}


@dataclass(frozen=True)
class Written:
    taxi: str
    content: bytes
    rows: list[dict[str, Value]]


def kept(name: str, kind: str, value: Value) -> dict[str, Value]:
    """What the reader must make of a value; NULL is left out."""
    if value is None:
        return {}
    if isinstance(value, str) and kind in WORDS:
        code = WORDS[kind][value]
        return {WORD_COLUMNS[kind]: value} | ({} if code is None else {name: code})
    return {name: value}


def shown(value: Value, quoted: bool) -> str:
    text = "" if value is None else str(value)
    if quoted or any(sign in text for sign in ',"'):
        return '"' + text.replace('"', '""') + '"'
    return text


@st.composite
def files(draw: st.DrawFn) -> Written:
    taxi = draw(st.sampled_from(list(ERAS)))
    header, layout = draw(st.sampled_from(ERAS[taxi]))
    columns = [column.split(":") for column in layout.split()]
    quoting = draw(st.sampled_from(["none", "all", "some"]))
    surplus = draw(st.sampled_from(["", ",", ",,"]))
    ends = st.just(draw(st.sampled_from(["\n", "\r\n"])))
    if draw(st.booleans()):
        ends = st.sampled_from(["\n", "\r\n"])
    rows, text = [], header + draw(ends)
    for _ in range(draw(st.integers(0, 12))):
        before = draw(st.sampled_from([None] * 8 + ["", "  ", header]))
        if before is not None:
            text += before + draw(ends)
        values = [draw(st.none() | VALUES[kind]) for _, kind in columns]
        rows.append(
            {k: v for c, x in zip(columns, values, strict=True) for k, v in kept(*c, x).items()}
        )
        text += ",".join(
            shown(value, quoting == "all" or (quoting == "some" and draw(st.booleans())))
            for value in values
        )
        text += surplus + draw(ends)
    if draw(st.booleans()):
        text = text.rstrip("\r\n")
    mark = draw(st.sampled_from(["", "\ufeff"]))
    return Written(taxi, (mark + text).encode(), rows)


@settings(max_examples=200, deadline=None)
@given(files(), st.sampled_from([".csv", ".csv.gz"]), st.sampled_from([700, 1 << 20]))
def test_a_file_of_any_era_is_read_completely(written: Written, ending: str, block: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{written.taxi}_tripdata_2019-01{ending}"
        gz = ending.endswith(".gz")
        path.write_bytes(gzip.compress(written.content) if gz else written.content)
        with mock.patch.object(lines, "BLOCK_BYTES", block):
            assert read(path, written.taxi) == written.rows
        assert count_rows(path, path.name, "") == len(written.rows)


def read(path: Path, taxi: str) -> list[dict[str, Any]]:
    reader = TripReader(path, load_contract(Taxi(taxi)))
    assert reader.match.unknown == ()
    table = pa.Table.from_batches(reader.batches()).drop_columns(["unique_row_id"])
    return [{k: v for k, v in row.items() if v is not None} for row in table.to_pylist()]

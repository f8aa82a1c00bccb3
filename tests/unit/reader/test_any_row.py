"""Any row of any type arrives equal, cell by cell, or is a reject that names it; CSV and Parquet agree."""

from __future__ import annotations

import datetime as dt
import math
import re
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nyc_tlc.core.catalog import Taxi
from nyc_tlc.core.contract.model import load_contract
from nyc_tlc.core.errors import ContractError
from nyc_tlc.core.reader.arrow import arrow_types
from nyc_tlc.core.reader.trips import TripReader

pytestmark = pytest.mark.unit

REJECT = object()
NOON = dt.datetime(2019, 3, 1, 12)
EPOCH = dt.datetime(1970, 1, 1)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
TIME = re.compile(r"\d{4}-\d\d-\d\d([ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?)?", re.ASCII)
# The file's column, its name in the contract.
COLUMNS = {
    "lpep_pickup_datetime": "timestamp",
    "store_and_fwd_flag": "text",
    "RatecodeID": "integer",
    "fare_amount": "float",
}


def integer(value: Any) -> Any:
    number = _number(value)
    if number is None or number is REJECT:
        return number
    fits = math.isfinite(number) and number == int(number) and -(2**31) <= number < 2**31
    return int(number) if fits else REJECT


def double(value: Any) -> Any:
    number = _number(value)
    if number is None or number is REJECT:
        return number
    found = float(number)
    if not math.isfinite(found):
        return REJECT
    if isinstance(value, float) or (isinstance(value, str) and "e" in value.lower()):
        return found
    exact = Decimal(value.strip(" ") if isinstance(value, str) else value) == Decimal(found)
    return found if abs(found) < 2**53 or exact else REJECT


def _number(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = value.strip(" ")
    if not text:
        return None
    return float(text) if NUMBER.fullmatch(text) else REJECT


def timestamp(value: Any) -> Any:
    """Numbers are nanoseconds since 1970."""
    if value is None:
        return None
    if isinstance(value, str):
        return _time_of(value.strip(" "))
    microseconds, rest = divmod(value, 1000)
    try:
        return REJECT if rest else EPOCH + dt.timedelta(microseconds=microseconds)
    except OverflowError:
        return REJECT


def _time_of(text: str) -> Any:
    if not text:
        return None
    try:
        return dt.datetime.fromisoformat(text) if TIME.fullmatch(text) else REJECT
    except ValueError:
        return REJECT


def text(value: Any) -> Any:
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError:
            return REJECT
    return REJECT if value and ("\0" in value or len(value) > 1000) else value


EXPECTED = {"timestamp": timestamp, "text": text, "integer": integer, "float": double}

WHOLE = (
    st.integers(-(2**63), 2**63 - 1) | st.integers(-9, 300) | st.sampled_from([2**53 + 1, 2**31])
)
REAL = st.floats() | st.decimals(-1000, 1000, places=2).map(float) | st.integers(-9, 9).map(float)
EXACT = st.decimals(-(10**27), 10**27, places=10) | st.decimals(-99, 99, places=10)
WORDS = st.sampled_from(
    ["1", " 2 ", "1.0", "1e2", "1.5", ".5", "5.", "+5", "+-5", "--5", "1_0", "0x1F", "nan", "inf", "-",
     "1e400", "1e-400", "9007199254740993", "9007199254740992", "9007199254740993.5", "12345678901234567168",
     "\t1", "1\t", "\u00a01", "\u2003", " ", "\t", "true", "٣", "N/A", "1" * 40, "0" * 30 + "7", "-0", "1d"]
)  # fmt: skip
TIMES = st.sampled_from(
    ["2019-03-01", "2019-03-01 12", "2019-03-01 12:30", "2019-03-01T12:30:15", "2019-03-01 12:30:15.25",
     "2019-03-01 12:30:15.", "2019-03-01 12:30:15.1234567", "2019-03-01 24:00:00", "2019-02-29 00:00:00",
     "0000-01-01 00:00:00", "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", "20190301",
     "2019-03-01 1230", "2019-03-01 12:30:15Z", "2019-03-01 12:30:15+01", "infinity", "epoch", "12:30:15",
     "2019-3-1 12:30:15",
     "\t2019-03-01 12:30:15", " 2019-03-01 12:30:15 ", "10000-01-01 00:00:00", "2019-03-01  12:30:15", " "]
)  # fmt: skip
TICKS = st.integers(-(2**63), 2**63 - 1) | st.sampled_from(
    [-(2**63), 2**63 - 1, -219 * 10**15, -62_135_596_800 * 10**6, -62_135_596_800 * 10**6 - 1]
)
SOME_TEXT = st.text(st.sampled_from(list('BNY0é ,"|\\:')), min_size=1, max_size=6)
ODD_TEXT = st.sampled_from(["x" * 1000, "x" * 1001, "é" * 1000, "a\0b", "1", "inf", "::"])
# The Arrow type, its values, and what a number counts, in nanoseconds.
KINDS: dict[str, list[tuple[pa.DataType, st.SearchStrategy[Any], int]]] = {
    "integer": [
        (pa.int64(), WHOLE, 1), (pa.int32(), st.integers(-(2**31), 2**31 - 1), 1),
        (pa.uint64(), st.integers(0, 2**64 - 1), 1), (pa.float64(), REAL, 1),
        (pa.decimal128(38, 10), EXACT, 1), (pa.string(), WORDS, 1),
    ],
    "float": [
        (pa.float64(), REAL, 1), (pa.float32(), st.floats(width=32), 1), (pa.int64(), WHOLE, 1),
        (pa.uint64(), st.integers(0, 2**64 - 1), 1), (pa.decimal128(38, 10), EXACT, 1),
        (pa.string(), WORDS, 1),
    ],
    "timestamp": [
        (pa.timestamp("us"), TICKS, 1000), (pa.timestamp("ms"), TICKS, 10**6),
        (pa.timestamp("ns"), TICKS, 1), (pa.string(), TIMES, 1),
    ],
    "text": [
        (pa.string(), SOME_TEXT | ODD_TEXT, 1), (pa.large_string(), SOME_TEXT, 1),
        (pa.binary(), SOME_TEXT.map(str.encode) | st.sampled_from([b"\xff", b"a\0", b"\xc3\xa9"]), 1),
    ],
}  # fmt: skip


@st.composite
def files(draw: st.DrawFn) -> tuple[pa.Table, list[dict[str, Any]]]:
    """A table, and what is in it: times as nanoseconds, so that any can be written down."""
    rows = draw(st.integers(1, 30))
    columns, meant = {}, {}
    for name, kind in COLUMNS.items():
        arrow, values, unit = draw(st.sampled_from(KINDS[kind]))
        found = draw(st.lists(st.none() | values, min_size=rows, max_size=rows))
        ticks = pa.types.is_timestamp(arrow)
        columns[name] = pa.array(found, pa.int64()).view(arrow) if ticks else pa.array(found, arrow)
        meant[name] = [
            x * unit if ticks and x is not None else x
            for x in (found if ticks else columns[name].to_pylist())
        ]
    columns["lpep_dropoff_datetime"] = pa.array([NOON] * rows)
    columns |= {name: pa.array([1.0] * rows) for name in ("trip_distance", "total_amount")}
    return pa.table(columns), [
        dict(zip(meant, row, strict=True)) for row in zip(*meant.values(), strict=True)
    ]


def outcomes(path: Path, rows: int) -> tuple[dict[int, dict[str, Any]], dict[int, str | None]]:
    """Rows that can be read and columns of rejects, by the row's place in the file."""
    reader = TripReader(path, load_contract(Taxi.GREEN))
    shift = 1 if path.suffix == ".parquet" else 2
    rejects = {reject.line - shift: reject.column for reject in reader.rejects()}
    table = pa.Table.from_batches(reader.readable_batches())
    types = arrow_types()
    for column in reader.columns:
        assert table.schema.field(column.name).type == types[column.type]
    places = [place for place in range(rows) if place not in rejects]
    found = dict(zip(places, table.to_pylist(), strict=True))
    try:
        at_once = pa.Table.from_batches(reader.batches())
    except ContractError:
        assert rejects
    else:
        assert not rejects
        assert at_once.equals(table)
    return found, rejects


def require(
    found: dict[int, Any], rejects: dict[int, str | None], meant: list[dict[str, Any]]
) -> None:
    for place, row in enumerate(meant):
        expected = {name: EXPECTED[kind](row[name]) for name, kind in COLUMNS.items()}
        bad = {name for name, value in expected.items() if value is REJECT}
        if bad:
            assert place in rejects, (row, found.get(place))
            assert rejects[place] in bad | {None}
        else:
            assert place in found, (row, rejects)
            assert {name: found[place][name.lower()] for name in COLUMNS} == expected


def csv_cell(value: Any, kind: str) -> bytes:
    if value is None:
        return b""
    if kind == "timestamp" and isinstance(value, int):
        moment = timestamp(value)
        value = "out of range" if moment is REJECT else moment
    cell = value if isinstance(value, bytes) else str(value).encode()
    return b'"%b"' % cell.replace(b'"', b'""') if set(cell) & set(b',"') else cell


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files())
def test_any_row_arrives_equal_or_is_named(written: tuple[pa.Table, list[dict[str, Any]]]) -> None:
    table, meant = written
    with tempfile.TemporaryDirectory() as folder:
        parquet = Path(folder) / "green_tripdata_2019-03.parquet"
        pq.write_table(table, parquet, coerce_timestamps=None)
        found, rejects = outcomes(parquet, len(meant))
        require(found, rejects, meant)
        csv = parquet.with_suffix(".csv")
        header = [*COLUMNS, "lpep_dropoff_datetime", "trip_distance", "total_amount"]
        lines = [
            b",".join(
                [csv_cell(row[n], k) for n, k in COLUMNS.items()] + [b"2019-03-01 12:00:00,1.0,1.0"]
            )
            for row in meant
        ]
        csv.write_bytes(b"\n".join([",".join(header).encode(), *lines, b""]))
        assert set(outcomes(csv, len(meant))[1]) == set(rejects)

"""Rows that cannot be read: the first pass refuses the file, the second returns all of them."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nyc_tlc.core.catalog import Taxi
from nyc_tlc.core.contract.model import load_contract
from nyc_tlc.core.errors import BadFileError, ContractError
from nyc_tlc.core.landing.verify import count_rows
from nyc_tlc.core.reader.lines import BLOCK_BYTES
from nyc_tlc.core.reader.rejects import BadRows, Reject
from nyc_tlc.core.reader.trips import TripReader

pytestmark = pytest.mark.unit

HEADER = "hvfhs_license_num,pickup_datetime,dropoff_datetime,PULocationID,trip_miles,tolls"
GOOD = "HV0003,2020-01-02 03:04:05,2020-01-02 03:09:05,7,1.5,0"
NUL = "\0"


def trips(folder: Path, *lines: str, end: str = "\n") -> TripReader:
    path = folder / "fhvhv_tripdata_2020-01.csv"
    path.write_bytes(end.join([HEADER, *lines, ""]).encode("utf-8", "surrogateescape"))
    return reader(path)


def reader(path: Path) -> TripReader:
    return TripReader(path, load_contract(Taxi.FHVHV))


def rows(batches: Any) -> list[dict[str, Any]]:
    return pa.Table.from_batches(batches).drop_columns(["unique_row_id"]).to_pylist()


def with_value(column: str, value: str) -> str:
    fields = dict(zip(HEADER.split(","), GOOD.split(","), strict=True))
    return ",".join((fields | {column: value}).values())


UNREADABLE_VALUES = [
    *[("PULocationID", value) for value in ("1.5", "3000000000", "NaN", "1_000", "0x1F", "N/A")],
    *[("trip_miles", value) for value in ("nan", "inf", "1e400", "1_000", "1.2.3", "true", "-")],
    *[("trip_miles", value) for value in ("+-5", "\t", "\t1.5", "\u00a01.5", "9007199254740993")],
    *[("PULocationID", value) for value in ("+-5", "\t", "7\t", "\u00a0")],
    *[
        ("pickup_datetime", value)
        for value in ("0000-01-01 00:00:00", "2020-01-02 03", "\t2020-01-02")
    ],
    ("hvfhs_license_num", "x" * 1001),
    *[
        ("pickup_datetime", f"2020-01-02 {time}")
        for time in ("03:04:05Z", "03:04:05+05", "24:00:00", "03:61:00", "03:04:05.1234567")
    ],
    *[
        ("pickup_datetime", value)
        for value in ("2020-02-30 00:00:00", "infinity", "epoch", "01/02/2020 03:04", "2020")
    ],
]


@pytest.mark.parametrize(("column", "value"), UNREADABLE_VALUES)
def test_values_are_not_guessed(tmp_path: Path, column: str, value: str) -> None:
    """Alone in its block, and next to a line that makes the block be read line by line."""
    bad = with_value(column, value)
    beside = list(trips(tmp_path, GOOD, bad, GOOD, "cut").rejects())
    file = trips(tmp_path, GOOD, bad, GOOD)
    (reject,) = file.rejects()
    assert beside[0] == reject
    assert (reject.line, reject.column, reject.value, reject.raw) == (3, column, value, bad)
    assert reject.reason.startswith("not ")
    assert len(rows(file.readable_batches())) == 2
    with pytest.raises(ContractError, match=f"fhvhv_tripdata_2020-01.csv .* line 3 has {column} ="):
        list(file.batches())


UNREADABLE_LINES = [
    ("HV0003,2020-01-02 03:04:05,2020-01-02 0", "has 3 fields, the header has 6"),
    ("   ,", "has 2 fields"),
    (GOOD + ",x", "has 'x' after the 6 columns"),
    (GOOD + ',,"0"', "has '0' after the 6 columns"),
    (with_value("hvfhs_license_num", '"HV0003'), "is not CSV"),
    (with_value("hvfhs_license_num", '"HV"0003'), "is not CSV"),
    (with_value("tolls", '"0'), "is not CSV"),
    (with_value("trip_miles", '"1"5'), "is not CSV"),
    (with_value("hvfhs_license_num", 'a"b'), "is not CSV (a quote that neither opens nor closes"),
    (with_value("hvfhs_license_num", ' "HV0003"'), "is not CSV (a quote"),
    ('b",2020-01-02,2020-01-02,"7,"5",1', "is not CSV (a quote"),
    (with_value("hvfhs_license_num", "x" * 200_000), "is not CSV"),
    (with_value("hvfhs_license_num", f"HV{NUL}3"), "contains NUL"),
    (with_value("hvfhs_license_num", "\udce9"), "is not UTF-8"),
    (f"{GOOD}\r{GOOD}", "is not CSV"),
]


@pytest.mark.parametrize(("line", "reason"), UNREADABLE_LINES, ids=range(len(UNREADABLE_LINES)))
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_damaged_line_is_kept_unchanged(tmp_path: Path, line: str, reason: str, end: str) -> None:
    file = trips(tmp_path, GOOD, "", line, GOOD, end=end)
    (reject,) = file.rejects()
    assert (reject.line, reject.column, reject.value) == (4, None, None)
    assert reject.reason.startswith(reason)
    assert reject.raw == line.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    assert len(rows(file.readable_batches())) == 2
    with pytest.raises(ContractError, match="line 4"):
        list(file.batches())


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (with_value("tolls", '"0'), with_value("hvfhs_license_num", 'HV0003"')),
        (with_value("tolls", '"'), '",' + GOOD.partition(",")[2]),
        (with_value("tolls", '"x'), '""' + GOOD),
    ],
)
def test_a_quote_across_a_line_end_makes_both_lines_rejects(
    tmp_path: Path, first: str, second: str
) -> None:
    file = trips(tmp_path, first, second, GOOD)
    assert [reject.raw for reject in file.rejects()] == [first, second]
    assert [row["hvfhs_license_num"] for row in rows(file.readable_batches())] == ["HV0003"]


UNUSUAL_VALUES = [
    ("PULocationID", "7.0", 7),
    ("PULocationID", " 7 ", 7),
    ("PULocationID", '"7"', 7),
    ("PULocationID", "1e2", 100),
    ("PULocationID", "  ", None),
    ("PULocationID", '""', None),
    ("PULocationID", "-2147483648", -2147483648),
    ("trip_miles", ".5", 0.5),
    ("trip_miles", "8.9000000000000004", 8.9),
    ("trip_miles", "-0.01", -0.01),
    ("hvfhs_license_num", " ", " "),
    ("hvfhs_license_num", " HV ", " HV "),
    ("hvfhs_license_num", '"a,b"', "a,b"),
    ("hvfhs_license_num", '"a ""b"""', 'a "b"'),
    ("pickup_datetime", "2020-01-02T03:04:05", dt.datetime(2020, 1, 2, 3, 4, 5)),
    ("pickup_datetime", " 2020-01-02 03:04:05 ", dt.datetime(2020, 1, 2, 3, 4, 5)),
    ("pickup_datetime", "2020-01-02 03:04:05.25", dt.datetime(2020, 1, 2, 3, 4, 5, 250_000)),
    ("pickup_datetime", "2020-01-02 03:04", dt.datetime(2020, 1, 2, 3, 4)),
    ("pickup_datetime", "2020-01-02", dt.datetime(2020, 1, 2)),
    ("pickup_datetime", "2008-12-31 00:00:00", dt.datetime(2008, 12, 31)),
    ("pickup_datetime", "2041-08-17 23:59:59", dt.datetime(2041, 8, 17, 23, 59, 59)),
]


@pytest.mark.parametrize(("column", "value", "expected"), UNUSUAL_VALUES)
@pytest.mark.parametrize("neighbour", [GOOD, with_value("tolls", " 0")], ids=["fast", "by line"])
def test_an_unusual_value_is_read(
    tmp_path: Path, column: str, value: str, expected: Any, neighbour: str
) -> None:
    file = trips(tmp_path, with_value(column, value), neighbour)
    assert rows(file.batches())[0][column.lower()] == expected


def test_no_row_is_lost_between_readable_ones_and_rejects(tmp_path: Path) -> None:
    """Several blocks, with bad lines in some of them; the order of both is the file's."""
    lines = [
        with_value("PULocationID", "x" if n % 9_999 == 7 else str(n % 265)) for n in range(120_000)
    ]
    file = trips(tmp_path, *lines)
    path = tmp_path / "fhvhv_tripdata_2020-01.csv"
    assert path.stat().st_size > 3 * BLOCK_BYTES
    bad = [reject.line for reject in file.rejects()]
    assert bad == [n + 2 for n in range(120_000) if n % 9_999 == 7]
    readable = [row["pulocationid"] for row in rows(file.readable_batches())]
    assert readable == [n % 265 for n in range(120_000) if n % 9_999 != 7]
    assert len(readable) + len(bad) == count_rows(path, path.name, "")


def test_the_error_names_the_first_few_rows(tmp_path: Path) -> None:
    file = trips(tmp_path, *[with_value("PULocationID", f"v{n}") for n in range(9)])
    with pytest.raises(ContractError) as error:
        list(file.batches())
    assert "line 2 has PULocationID = 'v0', not a whole number" in str(error.value)
    assert "'v4'" in str(error.value)
    assert "'v5'" not in str(error.value)


def test_a_long_value_is_shortened_only_in_the_error() -> None:
    reject = Reject(5, "tolls", "9" * 500, "not a finite number", "raw")
    assert len(str(reject)) < 200
    assert "(500 characters)" in str(reject)


def test_a_file_of_one_endless_line_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fhvhv_tripdata_2020-01.csv"
    path.write_bytes(HEADER.encode() + b"\n" + b"x" * 3 * BLOCK_BYTES)
    with pytest.raises(BadFileError, match="has a line that is longer than"):
        list(reader(path).batches())


def test_a_file_of_lone_carriage_returns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fhvhv_tripdata_2020-01.csv"
    path.write_bytes("\r".join([HEADER, GOOD, GOOD]).encode())
    with pytest.raises(BadFileError, match="ends its lines in CR alone"):
        reader(path)


def test_a_truncated_gzip_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fhvhv_tripdata_2020-01.csv.gz"
    path.write_bytes(gzip.compress("\n".join([HEADER, *[GOOD] * 999]).encode())[:-20])
    with pytest.raises(BadFileError, match="cannot be unpacked as gzip"):
        list(reader(path).batches())


@pytest.mark.parametrize("text", [b"", b"\n\r\n  \n", b",,\n1,2,3\n"])
def test_a_file_without_a_header_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "fhvhv_tripdata_2020-01.csv"
    path.write_bytes(text)
    with pytest.raises(BadFileError, match="no header line"):
        reader(path)


def test_two_columns_for_one_must_agree(tmp_path: Path) -> None:
    path = tmp_path / "fhv_tripdata_2018-01.csv"
    path.write_text(
        '"Pickup_DateTime","Dispatching_base_number","Dispatching_base_num"\n'
        '"2018-01-01 00:00:00","B1",""\n"2018-01-01 00:00:00","","B2"\n'
        '"2018-01-01 00:00:00","B3","B3"\n"2018-01-01 00:00:00","",""\n'
    )
    file = TripReader(path, load_contract(Taxi.FHV))
    bases = [row["dispatching_base_num"] for row in rows(file.batches())]
    assert bases == ["B1", "B2", "B3", None]
    with path.open("a") as more:
        more.write('"2018-01-01 00:00:00","B4","B5"\n')
    (reject,) = file.rejects()
    assert (reject.line, reject.column, reject.value) == (6, "Dispatching_base_number", "B4")
    assert reject.reason.endswith("or different from Dispatching_base_num = 'B5'")
    assert len(rows(file.readable_batches())) == 4


def test_a_rejected_parquet_row_is_kept_as_json(tmp_path: Path) -> None:
    path = tmp_path / "fhvhv_tripdata_2020-01.parquet"
    pickup = pa.array([dt.datetime(2020, 1, 2)] * 4, pa.timestamp("us"))
    table = pa.table(
        {
            "hvfhs_license_num": ["HV0003", "HV\0", "HV0005", "HV0003"],
            "pickup_datetime": pickup,
            "dropoff_datetime": pickup,
            "PULocationID": [1.0, 2.0, 2.5, None],
            "trip_miles": [1.0, 2.0, 3.0, None],
        }
    )
    pq.write_table(table, path, row_group_size=2)
    file = reader(path)
    first, second = file.rejects()
    assert (first.line, first.column) == (2, "hvfhs_license_num")
    assert (second.line, second.column, second.value) == (3, "PULocationID", "2.5")
    assert json.loads(second.raw) == {
        "hvfhs_license_num": "HV0005",
        "pickup_datetime": "2020-01-02 00:00:00",
        "dropoff_datetime": "2020-01-02 00:00:00",
        "PULocationID": 2.5,
        "trip_miles": 3.0,
    }
    assert [row["pulocationid"] for row in rows(file.readable_batches())] == [1, None]
    with pytest.raises(ContractError, match="line 3 has PULocationID = '2.5'"):
        list(file.batches())


def test_three_columns_for_one_must_agree_where_the_first_is_null(tmp_path: Path) -> None:
    path = tmp_path / "fhv_tripdata_2018-01.csv"
    header = "pickup_datetime,dispatching_base_num,Dispatching_base_number,DISPATCHING_BASE_NUM"
    path.write_text(f"{header}\n2018-01-01 00:00:00,B1,,B2\n2018-01-01 00:00:00,B1,,B1\n")
    file = TripReader(path, load_contract(Taxi.FHV))
    assert [reject.line for reject in file.rejects()] == [2]
    assert [row["dispatching_base_num"] for row in rows(file.readable_batches())] == ["B1"]


def test_a_row_broken_by_a_line_end_is_one_bad_row(tmp_path: Path) -> None:
    """Both of its lines are kept; the second says that it continues the first."""
    start, end = GOOD[:30], GOOD[30:]
    bad = BadRows(trips(tmp_path, GOOD, start, end, "cut", GOOD).rejects())
    assert [(reject.line, reject.raw, reject.continues) for reject in bad] == [
        (3, start, False),
        (4, end, True),
        (5, "cut", False),
    ]
    assert bad.count == 2


def test_bytes_that_are_not_utf8_matter_only_where_they_are_loaded(tmp_path: Path) -> None:
    path = tmp_path / "fhvhv_tripdata_2020-01.csv"
    lines = [
        f"{HEADER},memo",
        f"{GOOD},caf\udce9",
        f"{GOOD},a:b",
        with_value("tolls", "\udce9") + ",",
    ]
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
    file = reader(path)
    assert [reject.line for reject in file.rejects()] == [4]
    assert len(rows(file.readable_batches())) == 2


def test_a_column_that_is_not_known_hides_no_time_without_minutes(tmp_path: Path) -> None:
    """The colons of a block are counted; those of other columns do not make up for missing ones."""
    path = tmp_path / "fhvhv_tripdata_2020-01.csv"
    odd = with_value("pickup_datetime", "2020-01-02 03")
    path.write_text(f"{HEADER},memo\n{odd},::\n")
    assert [reject.line for reject in reader(path).rejects()] == [2]


def test_a_header_of_a_million_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fhvhv_tripdata_2020-01.csv"
    path.write_text(HEADER + ",x" * 500_000 + "\n")
    with pytest.raises(ContractError, match="Expected at most 1,000"):
        reader(path)

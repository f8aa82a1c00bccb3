"""Small files that once went wrong, each one example of a class; see their README in ../shared/data/failing.

The same files are built here, so that each case runs without that folder too.
"""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from nyc_tlc.core.errors import ContractError
from nyc_tlc.core.postgres.stage import staging_table
from tests.support.trip_data import real_folder
from tests.support.trip_files import stage_file, value, write_csv, write_month

pytestmark = pytest.mark.integration

Connection = psycopg.Connection[Any]
ROWS = 20
GREEN = "2019-03"


@dataclass(frozen=True)
class Case:
    """``make`` builds a file of ROWS rows; ``rejects`` are the columns of those that it and the real
    file have, None for a line; ``rows`` are the readable rows of the real one.
    """

    folder: str
    make: Callable[[Path], Path]
    rejects: tuple[str | None, ...] = ()
    rows: int | None = None


def parquet(**columns: Any) -> Callable[[Path], Path]:
    return lambda folder: write_month(folder, "green", GREEN, ROWS, **columns)


def times(odd: int) -> pa.Array:
    noon = 1_551_441_600_000_000
    return pa.array([odd, *[noon] * (ROWS - 1)], pa.int64()).view(pa.timestamp("us"))


def one(odd: Any, usual: Any) -> list[Any]:
    return [*[usual] * 5, odd, *[usual] * (ROWS - 6)]


def csv(edit: Callable[[list[str]], None]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = write_csv(folder, "green", GREEN, ROWS)
        lines = gzip.decompress(path.read_bytes()).decode().split("\n")
        edit(lines)
        path.write_bytes(gzip.compress("\n".join(lines).encode()))
        return path

    return make


def set_cell(lines: list[str], line: int, column: str, value: str) -> None:
    names = [name.strip('"') for name in lines[0].split(",")]
    cells = lines[line - 1].split(",")
    cells[names.index(column)] = value
    lines[line - 1] = ",".join(cells)


def hour_only(lines: list[str]) -> None:
    set_cell(lines, 7, "lpep_pickup_datetime", "2019-03-01 00")


def hour_only_beside_cut(lines: list[str]) -> None:
    hour_only(lines)
    lines[10] = lines[10][:30]


def year_0_and_plus_minus(lines: list[str]) -> None:
    set_cell(lines, 7, "lpep_pickup_datetime", "0000-01-01 00:00:00")
    set_cell(lines, 8, "fare_amount", "+-5")


def two_fees(folder: Path) -> Path:
    """Each row has its fee in one of the two columns."""
    fees = (
        [1.25 if n < 10 else None for n in range(ROWS)],
        [None if n < 10 else 1.75 for n in range(ROWS)],
    )
    numbers = {"airport_fee": pa.array(fees[0]), "Airport_fee": pa.array(fees[1])}
    return write_month(folder, "yellow", "2025-02", ROWS, **numbers)


def fhvhv_of_the_mirror(folder: Path) -> Path:
    path = folder / "fhvhv_tripdata_2021-06.csv.gz"
    lines = [
        "dispatching_base_num,pickup_datetime,dropoff_datetime,PULocationID,DOLocationID,SR_Flag,"
        "Affiliated_base_number",
        *["B02764,2021-06-01 00:02:41,2021-06-01 00:07:46,174,18,N,B02764"] * ROWS,
    ]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    return path


CASES = [
    Case("01_max_rejects_parquet", parquet(fare_amount=one("abc", "1.5")), ("fare_amount",), 19),
    Case("02_airport_fee_twice", two_fees, (), 40),
    Case("04_fhvhv_2021-06_mirror", fhvhv_of_the_mirror),
    Case(
        "06_nan_in_double_id",
        parquet(passenger_count=one(float("nan"), 1.0)),
        ("passenger_count",),
        19,
    ),
    Case("07_nan_money", parquet(fare_amount=one(float("nan"), 1.0)), ("fare_amount",), 19),
    Case(
        "08_traceback_bc_5000",
        parquet(lpep_dropoff_datetime=times(-219 * 10**15)),
        ("lpep_dropoff_datetime",),
        19,
    ),
    Case(
        "08b_traceback_int64_min",
        parquet(lpep_dropoff_datetime=times(-(2**63))),
        ("lpep_dropoff_datetime",),
        19,
    ),
    Case("09_hour_only_alone", csv(hour_only), ("lpep_pickup_datetime",), 19),
    Case(
        "09b_hour_only_beside_cut_line",
        csv(hour_only_beside_cut),
        ("lpep_pickup_datetime", None),
        18,
    ),
    Case(
        "13_int64_money_rounded",
        parquet(fare_amount=pa.array(one(9_007_199_254_740_993, 5), pa.int64())),
        ("fare_amount",),
        19,
    ),
    Case(
        "15_year_0000_and_plus_minus",
        csv(year_0_and_plus_minus),
        ("lpep_pickup_datetime", "fare_amount"),
        18,
    ),
]


def failing(folder: str) -> list[Path]:
    return sorted((real_folder() / "failing" / folder).glob("*_tripdata_*"))


def require(connection: Connection, path: Path, case: Case, rows: int | None) -> None:
    """The rows are staged; the rejects are named, and one fewer is not tolerated."""
    staged = stage_file(connection, path, max_rejects=len(case.rejects))
    assert rows is None or staged.rows == rows
    assert staged.rejected == len(case.rejects)
    if not case.rejects:
        return
    kept = connection.execute("SELECT column_name FROM tlc_reject ORDER BY line").fetchall()
    assert [column and column.lower() for (column,) in kept] == [*case.rejects]
    with pytest.raises(ContractError, match=f"tolerated: {len(case.rejects) - 1}"):
        stage_file(connection, path, run="again", max_rejects=len(case.rejects) - 1)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.folder)
def test_a_file_ends_as_its_readme_says(connection: Connection, tmp_path: Path, case: Case) -> None:
    require(connection, case.make(tmp_path), case, ROWS - len(case.rejects))
    for path in failing(case.folder):
        require(connection, path, case, case.rows)


def test_both_columns_of_a_fee_are_one(connection: Connection, tmp_path: Path) -> None:
    staged = stage_file(connection, two_fees(tmp_path))
    fees = f"SELECT count(airport_fee) FROM {staging_table(staged)}"
    assert value(connection, fees) == ROWS
    assert staged.unknown_columns == []


def test_unlike_values_for_one_column_are_rejects(connection: Connection, tmp_path: Path) -> None:
    unlike = {"airport_fee": pa.array([1.25] * 3), "Airport_fee": pa.array([1.25, None, 1.75])}
    path = write_month(tmp_path, "yellow", "2025-02", 3, **unlike)
    assert stage_file(connection, path, max_rejects=1).rows == 2
    [kept] = connection.execute("SELECT line, reason FROM tlc_reject").fetchall()
    assert kept[0] == 3
    assert kept[1].endswith("or different from Airport_fee = 1.75")


def test_the_flag_of_the_mirror_s_fhvhv_keeps_its_word(
    connection: Connection, tmp_path: Path
) -> None:
    staged = stage_file(connection, fhvhv_of_the_mirror(tmp_path))
    query = f"SELECT DISTINCT sr_flag, sr_flag_word, affiliated_base_number FROM {staging_table(staged)}"
    assert connection.execute(query).fetchall() == [(0, "N", "B02764")]


@pytest.mark.parametrize("odd", [[{"a": "Y"}], [["Y"]], [dt.date(2021, 1, 1)]])
def test_a_struct_a_list_or_a_time_is_not_text(
    connection: Connection, tmp_path: Path, odd: list[Any]
) -> None:
    path = write_month(tmp_path, "green", GREEN, 1, store_and_fwd_flag=odd)
    paths = [path, *failing("11_struct_as_text"), *failing("bigquery/b15_list_as_text")]
    for each in paths:
        with pytest.raises(ContractError, match="store_and_fwd_flag: .* cannot be read as text"):
            stage_file(connection, each)


def test_a_row_broken_by_a_line_end_counts_once(connection: Connection, tmp_path: Path) -> None:
    def broken(lines: list[str]) -> None:
        lines[4] = f"{lines[4][:40]}\n{lines[4][40:]}"

    path = csv(broken)(tmp_path)
    staged = stage_file(connection, path, max_rejects=1)
    assert (staged.rows, staged.rejected) == (ROWS - 1, 2)
    query = "SELECT line, reason LIKE 'continues line 5:%' FROM tlc_reject ORDER BY line"
    assert connection.execute(query).fetchall() == [(5, False), (6, True)]

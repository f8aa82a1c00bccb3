"""Rows that cannot be read: counted, kept unchanged, and not more than tolerated."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nyc_tlc.core.catalog import TripFile
from nyc_tlc.core.errors import ContractError
from nyc_tlc.core.postgres.rejects import REJECTS, record_rejects
from nyc_tlc.core.postgres.tables import PostgresTable, exists
from nyc_tlc.core.reader.rejects import Reject
from tests.support.trip_files import merge_load, prepare, stage_file, write_month

pytestmark = pytest.mark.integration

Connection = psycopg.Connection[Any]

HEADER = (
    "VendorID,lpep_pickup_datetime,lpep_dropoff_datetime,PULocationID,DOLocationID,"
    "passenger_count,trip_distance,fare_amount,total_amount"
)
GOOD = "2,2021-01-01 00:10:00,2021-01-01 00:20:00,7,9,1,1.5,8,9.3"
HALF_A_PASSENGER = "2,2021-01-02 00:10:00,2021-01-02 00:20:00,7,9,1.5,1.5,8,9.3"
CUT = "2,2021-01-03 00:10:00,2021-01-03"


def rejects(connection: Connection) -> list[Any]:
    query = "SELECT line, column_name, value, raw FROM tlc_reject ORDER BY line"
    return connection.execute(query).fetchall()


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    path = tmp_path / "green_tripdata_2021-01.csv.gz"
    lines = [HEADER, "", GOOD, HALF_A_PASSENGER, GOOD, CUT, GOOD]
    path.write_bytes(gzip.compress("\r\n".join(lines).encode()))
    return path


def test_too_many_rejects_fail_the_run_and_are_kept(connection: Connection, damaged: Path) -> None:
    advice = "in total: 2, tolerated: 1.*set max_rejects to 2 .*--max-rejects"
    with pytest.raises(ContractError, match=advice):
        stage_file(connection, damaged, max_rejects=1)
    assert rejects(connection) == [
        (4, "passenger_count", "1.5", HALF_A_PASSENGER),
        (6, None, None, CUT),
    ]


def test_tolerated_rejects_let_the_other_rows_load(connection: Connection, damaged: Path) -> None:
    staged = stage_file(connection, damaged, max_rejects=2)
    assert (staged.rows, staged.rejected) == (3, 2)
    assert len(rejects(connection)) == 2


def test_loaded_and_rejected_rows_in_the_ledger_add_up_to_the_file(
    connection: Connection, damaged: Path
) -> None:
    merge_load(connection, prepare(connection, damaged, max_rejects=2))
    query = "SELECT rows_read, rows_rejected, rows_staged, rows_merged FROM tlc_load"
    assert connection.execute(query).fetchone() == (5, 2, 3, 3)


def test_a_complete_file_removes_the_rejects_of_a_damaged_one(
    connection: Connection, damaged: Path, tmp_path: Path
) -> None:
    stage_file(connection, damaged, max_rejects=2)
    stage_file(connection, write_month(tmp_path, rows=3))
    assert rejects(connection) == []


def test_the_rejects_of_a_completely_wrong_file_are_counted_but_not_all_kept(
    connection: Connection, damaged: Path
) -> None:
    many = (Reject(line, None, None, "was cut", "a\0b") for line in range(1, 101))
    file = TripFile.of("green", "2021-01")
    assert record_rejects(connection, "public", file, "x.csv", many, most=10) == 100
    assert [row[3] for row in rejects(connection)] == ["a\\x00b"] * 10


def test_a_clean_load_does_not_create_the_reject_table(
    connection: Connection, tmp_path: Path
) -> None:
    stage_file(connection, write_month(tmp_path, rows=3))
    assert not exists(connection, PostgresTable("public", REJECTS))

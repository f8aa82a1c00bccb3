from __future__ import annotations

import datetime as dt
import json
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nyc_tlc.core.errors import RowCountMismatchError, StagingMissingError
from nyc_tlc.core.loads import Oddities, StagedMonth
from nyc_tlc.core.postgres import row_counts
from nyc_tlc.core.postgres.check import check_oddities, check_rows
from nyc_tlc.core.postgres.row_counts import rows_now
from nyc_tlc.core.postgres.stage import drop_staging, staging_table
from tests.support.trip_data import TripData
from tests.support.trip_files import (
    count,
    landed,
    load_month,
    merge_load,
    prepare,
    stage_file,
    trip_file,
    value,
    write_month,
)

pytestmark = pytest.mark.integration

Connection = psycopg.Connection[Any]


def oddities_of(connection: Connection, path: Path) -> Oddities:
    return prepare(connection, path).oddities


def test_an_ordinary_month_has_no_odd_rows(connection: Connection, tmp_path: Path) -> None:
    oddities = oddities_of(connection, write_month(tmp_path, rows=25))

    assert oddities == Oddities(25, 0, 0, 0, 0)


def test_a_month_without_rows_has_no_odd_rows(connection: Connection, tmp_path: Path) -> None:
    assert oddities_of(connection, write_month(tmp_path, rows=0)) == Oddities(0, 0, 0, 0, 0)


def test_pickups_outside_the_month_are_counted_to_the_second(
    connection: Connection, tmp_path: Path
) -> None:
    pickups = [
        dt.datetime(2020, 12, 31, 23, 59, 59),
        dt.datetime(2021, 1, 1),
        dt.datetime(2021, 1, 31, 23, 59, 59, 999_999),
        dt.datetime(2021, 2, 1),
        dt.datetime(2008, 12, 31, 5),
        dt.datetime(2041, 8, 17),
    ]

    oddities = oddities_of(connection, write_month(tmp_path, rows=6, lpep_pickup_datetime=pickups))

    assert oddities.pickups_outside_month == 4
    assert oddities.rows_staged == 6


def test_december_ends_with_the_year(connection: Connection, tmp_path: Path) -> None:
    pickups = [dt.datetime(2020, 12, 31, 23), dt.datetime(2021, 1, 1)]
    path = write_month(tmp_path, month="2020-12", rows=2, lpep_pickup_datetime=pickups)

    assert oddities_of(connection, path).pickups_outside_month == 1


def test_negative_totals_are_counted_but_not_zero(connection: Connection, tmp_path: Path) -> None:
    path = write_month(tmp_path, rows=5, total_amount=[-0.01, 0.0, -52.0, 3.0, None])

    assert oddities_of(connection, path).negative_totals == 2


def test_missing_vendors_are_counted(connection: Connection, tmp_path: Path) -> None:
    path = write_month(tmp_path, rows=4, VendorID=[None, 1, None, 6])

    assert oddities_of(connection, path).null_vendors == 2


def test_in_a_file_without_vendors_every_row_lacks_one(
    connection: Connection, tmp_path: Path
) -> None:
    path = write_month(tmp_path, rows=4, VendorID=None)

    assert oddities_of(connection, path).null_vendors == 4


def test_rows_that_share_an_id_are_all_counted(connection: Connection, tmp_path: Path) -> None:
    rows = [0, 0, 0, 1, 1, 2, 3]
    path = write_month(tmp_path, rows=7)
    import pyarrow.parquet as pq

    pq.write_table(pq.read_table(path).take(rows), path)

    oddities = oddities_of(connection, path)

    assert oddities.rows_sharing_id == 5
    assert oddities.rows_staged == 7


def test_a_taxi_without_totals_and_vendors_has_no_odd_rows(
    connection: Connection, tmp_path: Path
) -> None:
    oddities = oddities_of(connection, write_month(tmp_path, "fhv", rows=12))

    assert oddities == Oddities(12, 0, 0, 0, 0)


def test_missing_rows_fail_the_check(connection: Connection, tmp_path: Path) -> None:
    path = write_month(tmp_path, rows=10)
    staged, file = stage_file(connection, path), trip_file(path)
    connection.execute(f"DELETE FROM {staging_table(staged)} WHERE pulocationid < 4")

    with pytest.raises(RowCountMismatchError, match="has 10 rows, but 7 are in"):
        check_rows(connection, staged, landed(path), file)


def test_rows_that_nobody_changed_are_not_counted_again(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_month(tmp_path, rows=10)
    table = staging_table(stage_file(connection, path))
    monkeypatch.delattr(row_counts, "count_rows")

    assert rows_now(connection, table, 10) == 10


def in_a_session_that_ends(connection: Connection, statement: str) -> None:
    """Until the server knows that it has ended: by then, its changes are in the counters."""
    with psycopg.connect(connection.info.dsn) as other:
        other.execute(statement.encode())
        pid = other.info.backend_pid
    while value(connection, f"SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}"):
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("change", "rows"),
    [
        ("INSERT INTO {} SELECT * FROM {} LIMIT 1", 11),
        ("DELETE FROM {} WHERE pulocationid < 4", 7),
        ("TRUNCATE {}", 0),
    ],
)
def test_rows_changed_by_another_session_are_counted(
    connection: Connection, tmp_path: Path, change: str, rows: int
) -> None:
    path = write_month(tmp_path, rows=10)
    staged = stage_file(connection, path)
    table = staging_table(staged)
    in_a_session_that_ends(connection, change.replace("{}", str(table)))

    assert rows_now(connection, table, 10) == rows


def test_rows_that_are_lost_after_the_check_are_not_merged(
    connection: Connection, tmp_path: Path
) -> None:
    load_month(connection, write_month(tmp_path, rows=4))
    load = prepare(connection, write_month(tmp_path, rows=10), run="again")
    in_a_session_that_ends(
        connection, f"DELETE FROM {staging_table(load.staged)} WHERE pulocationid < 4"
    )

    with pytest.raises(RowCountMismatchError, match="has 10 rows, but 7 are in"):
        merge_load(connection, load)

    assert count(connection) == 4


def test_replaced_rows_are_those_that_were_there_also_after_changes_by_hand(
    connection: Connection, tmp_path: Path
) -> None:
    load_month(connection, write_month(tmp_path, rows=10))
    connection.execute("DELETE FROM green_tripdata WHERE pulocationid < 4")

    merged = load_month(connection, write_month(tmp_path, rows=5), run="again")

    assert (merged.rows, merged.replaced) == (5, 7)


def test_a_staging_table_of_an_older_version_is_staged_again(
    connection: Connection, tmp_path: Path
) -> None:
    path = write_month(tmp_path)
    staged = replace(stage_file(connection, path), oddities=None)

    with pytest.raises(StagingMissingError, match="older version.*Clear the stage task"):
        check_oddities(connection, staged, trip_file(path))


def test_a_missing_staging_table_is_reported(connection: Connection, tmp_path: Path) -> None:
    path = write_month(tmp_path)
    staged, file = stage_file(connection, path), trip_file(path)
    drop_staging(connection, staging_table(staged))

    with pytest.raises(StagingMissingError, match=staged.name):
        check_rows(connection, staged, landed(path), file)


def test_the_check_leaves_statistics_for_the_planner(
    connection: Connection, tmp_path: Path
) -> None:
    staged = prepare(connection, write_month(tmp_path, rows=40)).staged

    query = f"SELECT count(*) FROM pg_stats WHERE tablename = '{staged.name}'"
    assert value(connection, query) > 10
    assert (
        value(connection, f"SELECT reltuples FROM pg_class WHERE relname = '{staged.name}'") == 40
    )


def test_the_check_changes_no_setting_of_the_connection(
    connection: Connection, tmp_path: Path
) -> None:
    before = value(connection, "SHOW work_mem")

    prepare(connection, write_month(tmp_path))

    assert value(connection, "SHOW work_mem") == before


def test_a_report_goes_through_xcom_and_back() -> None:
    oddities = Oddities(5, 4, 3, 2, 1)

    assert Oddities.from_xcom(json.loads(json.dumps(asdict(oddities)))) == oddities


@pytest.mark.parametrize("month", ["2021-01", "2023-02"])
def test_a_month_s_odd_rows_are_those_that_pyarrow_counts(
    connection: Connection, trip_data: TripData, month: str
) -> None:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    path = trip_data / f"trip-data/green_tripdata_{month}.parquet"
    table = pq.read_table(path)
    first = dt.datetime.fromisoformat(f"{month}-01")
    following = (first + dt.timedelta(days=31)).replace(day=1)
    pickups = table["lpep_pickup_datetime"]
    outside = pc.or_(pc.less(pickups, first), pc.greater_equal(pickups, following))

    oddities = oddities_of(connection, path)

    assert oddities.rows_staged == table.num_rows
    assert oddities.pickups_outside_month == pc.sum(outside).as_py()
    assert oddities.negative_totals == pc.sum(pc.less(table["total_amount"], 0)).as_py()
    assert oddities.null_vendors == table["VendorID"].null_count
    assert oddities.rows_sharing_id == 0


def test_a_staged_table_is_described_by_its_own_schema() -> None:
    staged = StagedMonth("staging", "t", 1, 0, [], [], "")

    assert str(staging_table(staged)) == '"staging"."t"'

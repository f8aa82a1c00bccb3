from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.rows import dict_row

from nyc_tlc.core.catalog import Month, Taxi, TripFile
from nyc_tlc.core.errors import BadFileError
from nyc_tlc.core.failure import Failure
from nyc_tlc.core.landing.remote import RemoteFile
from nyc_tlc.core.loads import Run
from nyc_tlc.core.postgres.ledger import (
    latest_load,
    ledger_months,
    month_loads,
    record_failure,
    unchanged_load,
)
from tests.support.trip_files import (
    count,
    landed,
    load_month,
    merge_load,
    prepare,
    trip_file,
    write_month,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integration

Connection = psycopg.Connection[Any]


def ledger(connection: Connection) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("SELECT * FROM tlc_load ORDER BY load_id").fetchall()


def remote(path: Path, **changes: Any) -> RemoteFile:
    found = landed(path)
    return replace(RemoteFile(found.url, found.etag, None, found.bytes), **changes)


def test_a_load_s_row_has_its_rows_and_its_odd_rows(connection: Connection, tmp_path: Path) -> None:
    before = dt.datetime.now(dt.UTC)
    totals = [-1.0, 5.0, 6.0, 7.0]
    path = write_month(tmp_path, rows=4, total_amount=totals, robot_fee=[1.0] * 4)
    load = prepare(connection, path)

    merged = merge_load(connection, load)

    [row] = ledger(connection)
    assert before <= row.pop("finished_at") <= dt.datetime.now(dt.UTC)
    assert row == {
        "load_id": merged.load_id,
        "taxi": "green",
        "file_month": dt.date(2021, 1, 1),
        "outcome": "merged",
        "url": load.landed.url,
        "filename": "green_tripdata_2021-01.parquet",
        "etag": load.landed.etag,
        "last_modified": None,
        "bytes": path.stat().st_size,
        "unpacked_bytes": path.stat().st_size,
        "sha256": load.landed.sha256,
        "rows_read": 4,
        "rows_staged": 4,
        "rows_rejected": 0,
        "rows_merged": 4,
        "rows_replaced": 0,
        "pickups_outside_month": 0,
        "negative_totals": 1,
        "null_vendors": 0,
        "rows_sharing_id": 0,
        "column_fingerprint": load.staged.column_fingerprint,
        "unknown_columns": ["robot_fee"],
        "merge_mode": "replace",
        "dag_id": "tlc_test",
        "run_id": "first",
        "started_at": dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.UTC),
        "task_id": None,
        "error_class": None,
        "error": None,
        "id_sum": load.staged.id_sum,
    }


def test_a_replacement_records_how_many_rows_it_deleted(
    connection: Connection, tmp_path: Path
) -> None:
    load_month(connection, write_month(tmp_path, rows=10))
    load_month(connection, write_month(tmp_path, rows=6), run="again")

    assert [(row["rows_merged"], row["rows_replaced"]) for row in ledger(connection)] == [
        (10, 0),
        (6, 10),
    ]


def test_a_failure_is_a_row_but_not_a_load(connection: Connection, tmp_path: Path) -> None:
    file = trip_file(write_month(tmp_path))

    run = Run("dag", "run")
    failure = Failure.of(run, "stage", file, BadFileError("'quoted' {x} %s"))
    load_id = record_failure(connection, "public", file, failure, run)

    [row] = ledger(connection)
    assert (row["load_id"], row["outcome"]) == (load_id, "failed")
    assert (row["task_id"], row["error_class"]) == ("stage", "BadFileError")
    assert row["error"] == "'quoted' {x} %s"
    assert latest_load(connection, "public", file) is None


def test_a_ledger_of_an_older_version_gets_the_missing_columns(
    connection: Connection, tmp_path: Path
) -> None:
    load_month(connection, write_month(tmp_path))
    connection.execute("ALTER TABLE tlc_load DROP COLUMN task_id, DROP COLUMN error_class")
    [before] = ledger_months(connection, "public")
    assert (before.outcome, before.task_id) == ("merged", None)
    file, run = trip_file(write_month(tmp_path)), Run("dag", "run")
    failure = Failure.of(run, "stage", file, BadFileError("cut"))
    record_failure(connection, "public", file, failure, run)
    [month] = ledger_months(connection, "public")
    assert month.failure == "stage: BadFileError: cut"
    assert month.rows == before.rows
    assert (month.rejected, month.url) == (0, before.url)
    assert month.bytes
    assert month.loaded_at
    loads, rejects = month_loads(connection, "public", file)
    assert [load["outcome"] for load in loads] == ["failed", "merged"]
    assert rejects == []


def test_a_ledger_that_does_not_exist_has_no_months(connection: Connection) -> None:
    assert ledger_months(connection, "public") == []
    assert month_loads(connection, "public", TripFile(Taxi.GREEN, Month(2021, 1))) == ([], [])


def test_a_merge_that_fails_leaves_no_row(connection: Connection, tmp_path: Path) -> None:
    load = prepare(connection, write_month(tmp_path))
    connection.execute("CREATE TABLE green_tripdata_2021_01 (note text)")

    with pytest.raises(Exception, match="is not a partition"):
        merge_load(connection, load)

    assert not latest_load(connection, "public", load.file)


def test_before_the_first_load_there_is_no_latest_load(
    connection: Connection, tmp_path: Path
) -> None:
    path = write_month(tmp_path)

    assert latest_load(connection, "public", trip_file(path)) is None
    assert unchanged_load(connection, "public", trip_file(path), remote(path)) is None


def test_the_latest_load_is_the_newest_of_its_own_month(
    connection: Connection, tmp_path: Path
) -> None:
    path = write_month(tmp_path, rows=3)
    load_month(connection, path)
    newest = load_month(connection, write_month(tmp_path, rows=5), run="again")
    load_month(connection, write_month(tmp_path, month="2021-02"), run="february")

    latest = latest_load(connection, "public", trip_file(path))

    assert latest is not None
    assert (latest.load_id, latest.rows_merged, latest.rows_replaced) == (newest.load_id, 5, 3)


def test_a_remote_file_is_unchanged_by_address_etag_and_length(
    connection: Connection, tmp_path: Path
) -> None:
    path = write_month(tmp_path)
    load_month(connection, path)
    file = trip_file(path)

    def is_unchanged(**changes: Any) -> bool:
        return unchanged_load(connection, "public", file, remote(path, **changes)) is not None

    assert is_unchanged()
    assert is_unchanged(bytes=None)
    assert not is_unchanged(etag='"other"')
    assert not is_unchanged(etag=None)
    assert not is_unchanged(bytes=1)
    assert not is_unchanged(url="https://elsewhere.example/")


@pytest.mark.parametrize(
    "loss", ["DELETE FROM green_tripdata WHERE pulocationid = 1", "TRUNCATE green_tripdata",
             "DROP TABLE green_tripdata_2021_01", "DROP TABLE green_tripdata"]
)  # fmt: skip
def test_a_file_whose_rows_have_gone_is_not_unchanged(
    connection: Connection, tmp_path: Path, loss: str
) -> None:
    path = write_month(tmp_path)
    load_month(connection, path)
    connection.execute(loss)

    assert unchanged_load(connection, "public", trip_file(path), landed(path)) is None
    assert load_month(connection, path, run="again").rows == 10
    assert count(connection) == 10

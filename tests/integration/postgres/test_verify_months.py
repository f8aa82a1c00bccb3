"""Months that somebody changed by hand are found, whatever the change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from nyc_tlc.core.contract.model import load_contract
from nyc_tlc.core.loads import MergeMode
from nyc_tlc.core.postgres.ledger import latest_load
from nyc_tlc.core.postgres.verify import month_content
from nyc_tlc.core.verify import alterations
from tests.support.trip_files import (
    load_month,
    trip_file,
    value,
    write_csv,
    write_fhvhv,
    write_month,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integration

Connection = psycopg.Connection[Any]


def changes(connection: Connection, path: Path) -> str | None:
    file = trip_file(path)
    load = latest_load(connection, "public", file)
    assert load is not None
    content = month_content(connection, "public", file, load_contract(file.taxi))
    return alterations(load, content)


def odd_month(folder: Path) -> Path:
    """Texts, numbers and times whose text is easily read back as something else."""
    return write_month(
        folder, rows=5,
        store_and_fwd_flag=["", 'a "quote",', "a\\b|c", "two\nlines", None],
        trip_distance=[-0.0, 1e-7, 0.1 + 0.2, 1e300, None],
    )  # fmt: skip


def test_a_month_as_it_was_loaded_has_no_changes(connection: Connection, tmp_path: Path) -> None:
    for path in (
        write_csv(tmp_path, month="2021-02"), odd_month(tmp_path), write_fhvhv(tmp_path),
        write_month(tmp_path, "fhv", rows=7), write_month(tmp_path, month="2021-03", rows=0),
    ):  # fmt: skip
        load_month(connection, path)
        assert changes(connection, path) is None, path.name


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE green_tripdata SET fare_amount = fare_amount + 1", "10 rows do not match"),
        ("UPDATE green_tripdata SET tip_amount = NULL WHERE pulocationid = 3", "1 rows do not"),
        ("DELETE FROM green_tripdata WHERE pulocationid = 3", "9 rows, but 10 were loaded"),
        ("INSERT INTO green_tripdata SELECT * FROM green_tripdata LIMIT 2", "12 rows, but 10"),
        (
            "DELETE FROM green_tripdata WHERE pulocationid = 3; INSERT INTO green_tripdata"
            " SELECT * FROM green_tripdata WHERE pulocationid = 4",
            "other rows than were loaded: the sum of their ids",
        ),
        ("DROP TABLE green_tripdata", "0 rows, but 10 were loaded"),
    ],
)
def test_a_month_that_was_changed_by_hand_is_found(
    connection: Connection, tmp_path: Path, change: str, found: str
) -> None:
    path = write_month(tmp_path)
    load_month(connection, path)
    connection.execute(change)
    assert found in str(changes(connection, path))


def test_a_table_of_the_user_s_own_is_verified_by_its_content(
    connection: Connection, tmp_path: Path
) -> None:
    """Without ids, and with columns of other types."""
    load_month(connection, write_month(tmp_path))
    connection.execute(
        "CREATE TABLE own AS SELECT filename, vendorid::text, lpep_pickup_datetime::text,"
        " lpep_dropoff_datetime, store_and_fwd_flag, ratecodeid, pulocationid, dolocationid,"
        " passenger_count, trip_distance, fare_amount, extra, mta_tax, tip_amount, tolls_amount,"
        " ehail_fee, improvement_surcharge, total_amount, payment_type, trip_type,"
        " congestion_surcharge FROM green_tripdata; DROP TABLE green_tripdata;"
        "ALTER TABLE own RENAME TO green_tripdata"
    )
    path = write_month(tmp_path, rows=12)
    load_month(connection, path, run="own")
    assert changes(connection, path) is None
    connection.execute("UPDATE green_tripdata SET vendorid = '2' WHERE vendorid = '1'")
    assert "the sum of their ids" in str(changes(connection, path))


def test_insert_only_records_the_sum_of_the_whole_month(
    connection: Connection, tmp_path: Path
) -> None:
    for run, rows in (("first", 6), ("again", 9), ("fewer", 2)):
        path = write_month(tmp_path, rows=rows)
        load_month(connection, path, run, MergeMode.INSERT_ONLY)
        assert changes(connection, path) is None


def test_a_ledger_of_an_older_version_gains_the_sum_and_its_months_are_still_verified(
    connection: Connection, tmp_path: Path
) -> None:
    path = write_month(tmp_path)
    load_month(connection, path)
    connection.execute("ALTER TABLE tlc_load DROP COLUMN id_sum")
    assert changes(connection, path) is None
    assert value(connection, "SELECT id_sum IS NULL FROM tlc_load")
    connection.execute("UPDATE green_tripdata SET extra = 7 WHERE pulocationid = 3")
    assert "1 rows do not match" in str(changes(connection, path))

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from nyc_tlc.core.errors import RowCountMismatchError, TableMismatchError
from nyc_tlc.core.loads import MergeMode, MergeOutcome
from tests.support.trip_files import (
    count,
    load_month,
    staging_tables,
    value,
    write_csv,
    write_month,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integration

Connection = psycopg.Connection[Any]

COURSE_TABLE = """
CREATE TABLE green_tripdata (
    unique_row_id text, filename text, VendorID text, lpep_pickup_datetime timestamp,
    lpep_dropoff_datetime timestamp, store_and_fwd_flag text, RatecodeID text, PULocationID text,
    DOLocationID text, passenger_count integer, trip_distance double precision,
    fare_amount double precision, extra double precision, mta_tax double precision,
    tip_amount double precision, tolls_amount double precision, ehail_fee double precision,
    improvement_surcharge double precision, total_amount double precision, payment_type integer,
    trip_type integer, congestion_surcharge double precision
)
"""


@pytest.fixture
def course(connection: Connection) -> Connection:
    """A database with the table of DataTalksClub's course, and a row of somebody's own in it."""
    connection.execute(COURSE_TABLE)
    connection.execute("INSERT INTO green_tripdata (unique_row_id, filename) VALUES ('x', 'mine')")
    return connection


def files(connection: Connection) -> dict[str, int]:
    return dict(
        connection.execute(
            "SELECT filename, count(*) FROM green_tripdata GROUP BY filename"
        ).fetchall()
    )


def test_a_month_is_loaded_into_the_course_s_table_without_changing_its_columns(
    course: Connection, tmp_path: Path
) -> None:
    merged = load_month(course, write_month(tmp_path, rows=10))

    assert (merged.outcome, merged.rows, merged.replaced) == (MergeOutcome.MERGED, 10, 0)
    assert files(course) == {"mine": 1, "green_tripdata_2021-01.parquet": 10}
    query = "SELECT vendorid, passenger_count, trip_distance FROM green_tripdata WHERE pulocationid = '3'"
    assert course.execute(query).fetchall() == [("1", 3, 0.5)]
    assert (
        value(course, "SELECT relkind::text FROM pg_class WHERE relname = 'green_tripdata'") == "r"
    )
    assert staging_tables(course) == []


@pytest.mark.parametrize("rows", [4, 15])
def test_a_republished_file_replaces_the_rows_of_its_month_and_no_other(
    course: Connection, tmp_path: Path, rows: int
) -> None:
    load_month(course, write_month(tmp_path, rows=10))
    load_month(course, write_month(tmp_path, month="2021-02", rows=3), run="february")

    merged = load_month(course, write_month(tmp_path, rows=rows), run="again")

    assert (merged.rows, merged.replaced) == (rows, 10)
    february = "green_tripdata_2021-02.parquet"
    assert files(course) == {"mine": 1, february: 3, "green_tripdata_2021-01.parquet": rows}


def test_the_csv_of_a_month_replaces_its_parquet_and_back(
    course: Connection, tmp_path: Path
) -> None:
    load_month(course, write_month(tmp_path, rows=10))
    load_month(course, write_csv(tmp_path, rows=8), run="csv")
    assert files(course) == {"mine": 1, "green_tripdata_2021-01.csv.gz": 8}

    load_month(course, write_month(tmp_path, rows=10), run="back")

    assert files(course) == {"mine": 1, "green_tripdata_2021-01.parquet": 10}


def test_the_same_file_again_changes_nothing(course: Connection, tmp_path: Path) -> None:
    path = write_month(tmp_path)
    load_month(course, path)

    assert load_month(course, path, run="again").outcome is MergeOutcome.UNCHANGED
    assert count(course) == 11


def test_insert_only_adds_the_rows_whose_id_is_new(course: Connection, tmp_path: Path) -> None:
    load_month(course, write_month(tmp_path, rows=6), mode=MergeMode.INSERT_ONLY)

    merged = load_month(
        course, write_month(tmp_path, rows=9), run="again", mode=MergeMode.INSERT_ONLY
    )

    assert (merged.rows, merged.replaced) == (9, 0)
    assert files(course) == {"mine": 1, "green_tripdata_2021-01.parquet": 9}


@pytest.mark.parametrize("mode", list(MergeMode))
def test_a_table_that_does_not_fit_is_refused_column_by_column(
    course: Connection, tmp_path: Path, mode: MergeMode
) -> None:
    course.execute(
        "ALTER TABLE green_tripdata DROP congestion_surcharge, ALTER passenger_count TYPE boolean"
        " USING NULL, ALTER fare_amount TYPE integer, ADD driver text NOT NULL DEFAULT 'nobody'"
    )
    course.execute("ALTER TABLE green_tripdata ALTER driver DROP DEFAULT")

    with pytest.raises(TableMismatchError) as mismatch:
        load_month(course, write_month(tmp_path), mode=mode)

    message = str(mismatch.value)
    assert "congestion_surcharge is missing" in message
    assert "passenger_count is boolean" in message
    assert "fare_amount is integer (character varying, double precision, numeric, text" in message
    assert "driver is required" in message
    assert "trip_distance" not in message
    assert files(course) == {"mine": 1}


@pytest.mark.parametrize("mode", list(MergeMode))
def test_a_table_without_filenames_is_refused(
    course: Connection, tmp_path: Path, mode: MergeMode
) -> None:
    course.execute("ALTER TABLE green_tripdata DROP filename")

    with pytest.raises(TableMismatchError, match="filename is missing"):
        load_month(course, write_month(tmp_path), mode=mode)


NARROW = {
    "store_and_fwd_flag": "varchar(1)",
    "extra": "numeric(8,2)",
    "payment_type": "smallint",
    "lpep_dropoff_datetime": "timestamp(0)",
}
TOO_NARROW = {
    "pulocationid": ("varchar(1)", "character varying(1), which would change 11 values"),
    "fare_amount": ("numeric(8,2)", "numeric(8,2), which would change 1 values"),
    "trip_distance": ("numeric", "numeric, which would change 1 values"),
    "lpep_pickup_datetime": (
        "timestamp(0)",
        "timestamp(0) without time zone, which would change 20 values",
    ),
}


def write_fine_month(folder: Path) -> Path:
    """Values that rounding would change."""
    first = dt.datetime(2021, 1, 1, 0, 10, microsecond=1)
    return write_month(
        folder, rows=20, fare_amount=[10.0] * 19 + [1.105], trip_distance=[0.1] * 19 + [0.1 + 0.2],
        lpep_pickup_datetime=[first] * 20,
    )  # fmt: skip


def test_a_narrower_column_that_stores_every_value_as_it_is_is_accepted(
    course: Connection, tmp_path: Path
) -> None:
    for column, narrow in NARROW.items():
        course.execute(f"ALTER TABLE green_tripdata ALTER {column} TYPE {narrow} USING NULL")
    assert load_month(course, write_fine_month(tmp_path)).rows == 20


def test_a_narrower_column_that_would_change_a_value_is_refused(
    course: Connection, tmp_path: Path
) -> None:
    """Postgres would round numbers and times without a word."""
    load_month(course, write_month(tmp_path, rows=2))
    for column, (narrow, _) in TOO_NARROW.items():
        course.execute(f"ALTER TABLE green_tripdata ALTER {column} TYPE {narrow}")

    with pytest.raises(TableMismatchError) as mismatch:
        load_month(course, write_fine_month(tmp_path), run="again")

    for column, (_, named) in TOO_NARROW.items():
        assert f"{column} is {named}" in str(mismatch.value)
    assert files(course) == {"mine": 1, "green_tripdata_2021-01.parquet": 2}


def test_a_value_that_does_not_fit_a_narrower_column_changes_nothing(
    course: Connection, tmp_path: Path
) -> None:
    course.execute("ALTER TABLE green_tripdata ALTER fare_amount TYPE numeric(3,2)")
    with pytest.raises(TableMismatchError, match="numeric field overflow"):
        load_month(course, write_month(tmp_path, rows=20))
    assert files(course) == {"mine": 1}


def test_a_trigger_that_drops_rows_fails_the_merge(course: Connection, tmp_path: Path) -> None:
    course.execute(
        "CREATE FUNCTION drop_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
    )
    course.execute(
        "CREATE TRIGGER picky BEFORE INSERT ON green_tripdata FOR EACH ROW"
        " WHEN (new.trip_distance > 1) EXECUTE FUNCTION drop_row()"
    )

    with pytest.raises(RowCountMismatchError, match="10 rows are staged, but .* accepted 5"):
        load_month(course, write_month(tmp_path, rows=10))

    assert files(course) == {"mine": 1}


class TestPartitionedSomeOtherWay:
    @pytest.fixture
    def by_pickup(self, connection: Connection) -> Connection:
        connection.execute(
            f"{COURSE_TABLE.strip()} PARTITION BY RANGE (lpep_pickup_datetime);"
            "CREATE TABLE year_2021 PARTITION OF green_tripdata"
            " FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')"
        )
        return connection

    def test_rows_go_into_the_user_s_own_partitions(
        self, by_pickup: Connection, tmp_path: Path
    ) -> None:
        load_month(by_pickup, write_month(tmp_path, rows=10))

        merged = load_month(by_pickup, write_month(tmp_path, rows=4), run="again")

        assert (merged.rows, merged.replaced, count(by_pickup, "year_2021")) == (4, 10, 4)

    def test_a_row_without_a_partition_is_a_mismatch_that_changes_nothing(
        self, by_pickup: Connection, tmp_path: Path
    ) -> None:
        with pytest.raises(TableMismatchError, match="no partition of relation"):
            load_month(by_pickup, write_month(tmp_path, month="2020-12"))

        assert count(by_pickup) == 0

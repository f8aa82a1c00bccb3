"""The schema ``course``: SQL as the course writes it runs on our tables, and loads never wait for it."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nyc_tlc.core.postgres.zones import load_zones
from nyc_tlc.core.zones import Zone
from tests.support.pages import blocks
from tests.support.trip_files import load_month, value, write_csv, write_month

pytestmark = pytest.mark.integration

SCRIPT = (Path(__file__).parents[3] / "dags" / "sql" / "course_views.sql").read_text()
ZONES = [Zone(number, "Queens", f"Zone {number}", "Boro Zone") for number in range(1, 266)]

Connection = psycopg.Connection[Any]


@pytest.fixture
def course(connection: Connection, tmp_path: Path) -> Connection:
    """A month of each taxi, the zones and the views; ``course`` comes first in the search path."""
    load_month(connection, write_month(tmp_path, "yellow", rows=20))
    load_month(connection, write_csv(tmp_path, "green", "2020-12", rows=10))
    load_zones(connection, "public", ZONES)
    connection.execute(SCRIPT)  # type: ignore[call-overload]
    connection.execute("SET search_path = course, public")
    return connection


JOINS = (
    """SELECT tpep_pickup_datetime, total_amount, CONCAT(z1."Borough", ' | ', z1."Zone") AS "pickup_loc"
       FROM yellow_taxi_trips t, zones z1, zones z2
       WHERE t."PULocationID" = z1."LocationID" AND t."DOLocationID" = z2."LocationID" LIMIT 100""",
    """SELECT tpep_dropoff_datetime, CONCAT(z1."Borough", '/', z1."Zone") AS "pickup_loc"
       FROM yellow_taxi_data t JOIN zones z1 ON t."PULocationID" = z1."LocationID"
       JOIN zones z2 ON t."DOLocationID" = z2."LocationID" LIMIT 100""",
    """SELECT CAST(tpep_dropoff_datetime AS DATE) AS "day", "DOLocationID", COUNT(1) AS "count",
              MAX(total_amount), MAX(passenger_count)
       FROM yellow_taxi_trips GROUP BY 1, 2 ORDER BY "day" ASC, "DOLocationID" ASC LIMIT 100""",
    """SELECT lpep_pickup_datetime::date AS d, max(trip_distance) FROM green_taxi_trips
       WHERE "PULocationID" IS NOT NULL GROUP BY 1 ORDER BY 2 DESC LIMIT 1""",
    """SELECT z."Zone", sum(total_amount) FROM green_taxi_trips g
       JOIN zones z ON g."PULocationID" = z."LocationID" GROUP BY 1 HAVING sum(total_amount) > 0""",
)


@pytest.mark.parametrize("query", JOINS)
def test_the_patterns_of_the_sql_refresher(course: Connection, query: str) -> None:
    assert course.execute(query).fetchall()  # type: ignore[call-overload]


def test_the_sql_of_the_page_runs_as_it_stands(course: Connection) -> None:
    [block] = [each for each in blocks() if (each.page, each.language) == ("course.md", "sql")]
    setting, query = filter(str.strip, block.text.split(";"))
    course.execute(setting.encode())
    assert course.execute(query.encode()).fetchall()


def test_checks_of_location_ids_and_outer_joins(course: Connection) -> None:
    """The refresher deletes a zone; ours stays in taxi_zone_lookup, and the script brings it back."""
    unknown = (
        'SELECT count(*) FROM yellow_taxi_trips WHERE "PULocationID" IS NULL OR "PULocationID"'
        ' NOT IN (SELECT "LocationID" FROM zones)'
    )
    outer = (
        "SELECT count(*) FROM yellow_taxi_trips t {} JOIN zones z"
        ' ON t."PULocationID" = z."LocationID"'
    )
    assert value(course, unknown) == 0
    course.execute('DELETE FROM zones WHERE "LocationID" = 7')
    assert value(course, unknown) == 1
    assert [value(course, outer.format(kind)) for kind in ("INNER", "LEFT")] == [19, 20]
    assert value(course, outer.format("RIGHT")) == 19 + 264 - 19
    assert value(course, "SELECT count(*) FROM public.taxi_zone_lookup") == 265
    course.execute(SCRIPT)  # type: ignore[call-overload]
    assert value(course, "SELECT count(*) FROM zones") == 265


def test_a_file_name_ends_as_in_the_course_and_ids_are_text(course: Connection) -> None:
    green = (
        "SELECT count(*) FROM green_tripdata WHERE filename LIKE '%2020-%.csv' AND vendorid = '1'"
    )
    assert value(course, green) == 5
    yellow = "SELECT DISTINCT filename FROM yellow_tripdata WHERE pulocationid || '' <> ''"
    assert value(course, yellow) == "yellow_tripdata_2021-01.csv"
    ids = (
        "SELECT count(DISTINCT unique_row_id) FROM yellow_tripdata WHERE length(unique_row_id) = 32"
    )
    assert value(course, ids) == 20


def test_loads_do_not_wait_for_the_views(course: Connection, tmp_path: Path) -> None:
    """A month is replaced and a column added while another session holds views in its snapshot."""
    course.execute("SET lock_timeout = '3s'")
    assert load_month(course, write_month(tmp_path, "yellow", rows=5), run="again").rows == 5
    assert value(course, "SELECT count(*) FROM yellow_taxi_trips") == 5
    course.execute("ALTER TABLE public.yellow_tripdata DROP COLUMN cbd_congestion_fee")
    fees = write_month(tmp_path, "yellow", rows=3, cbd_congestion_fee=[0.75] * 3)
    assert load_month(course, fees, run="with a new column").rows == 3
    assert value(course, "SELECT count(*) FROM yellow_tripdata") == 3
    load_zones(course, "public", ZONES[:9])


def test_the_script_runs_before_any_month_and_twice(connection: Connection) -> None:
    for _ in range(2):
        connection.execute(SCRIPT)  # type: ignore[call-overload]
    assert value(connection, "SELECT count(*) FROM course.zones") == 0


def test_the_views_show_nothing_to_those_who_may_not_read_the_trips(course: Connection) -> None:
    role = f"guest_{uuid.uuid4().hex[:8]}"
    course.execute(f'CREATE ROLE "{role}"')  # type: ignore[call-overload]
    try:
        course.execute(f'SET ROLE "{role}"')  # type: ignore[call-overload]
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="yellow_tripdata"):
            course.execute("SELECT count(*) FROM course.yellow_taxi_trips")
        assert value(course, "SELECT count(*) FROM course.zones") == 265
    finally:
        course.execute("RESET ROLE")
        course.execute(f'DROP ROLE "{role}"')  # type: ignore[call-overload]

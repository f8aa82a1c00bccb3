"""The summary of a month: the same statements for every taxi; each month is replaced as a whole."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nyc_tlc.core.catalog import TripFile
from nyc_tlc.core.contract.model import load_contract
from nyc_tlc.core.errors import TableMissingError
from nyc_tlc.core.postgres.summary import summarise, unsummarised_months
from nyc_tlc.core.summary import SummarySql
from nyc_tlc.operators.summary import PostgresSummaryOperator
from tests.support.trip_files import load_month, trip_file, value, write_fhvhv, write_month

pytestmark = pytest.mark.integration

SQL = Path(__file__).parents[3] / "dags" / "sql"
STATEMENTS = SummarySql(
    (SQL / "create_trip_summary.sql").read_text(), (SQL / "summarise_month.sql").read_text()
)
TOTALS = (
    "SELECT sum(trips), sum(revenue), sum(distance), sum(tips) FROM trip_summary WHERE taxi = %s"
)

Connection = psycopg.Connection[Any]


def summarise_file(connection: Connection, file: TripFile) -> int:
    return summarise(connection, "public", file, load_contract(file.taxi), STATEMENTS)


def totals(connection: Connection, taxi: str) -> list[float | None]:
    [row] = connection.execute(TOTALS, [taxi]).fetchall()
    return [None if number is None else float(number) for number in row]


@pytest.mark.parametrize("taxi", ["green", "yellow"])
def test_a_metered_taxi_s_month_adds_up_to_its_trips(
    connection: Connection, tmp_path: Path, taxi: str
) -> None:
    path = write_month(tmp_path, taxi, rows=20)
    load_month(connection, path)
    assert summarise_file(connection, trip_file(path)) > 0
    own = value(connection, f"SELECT sum(total_amount) FROM {taxi}_tripdata")
    trips, revenue, distance, tips = totals(connection, taxi)
    assert (trips, distance) == (20, sum(0.25 * n for n in range(20)))
    assert revenue == pytest.approx(float(own), abs=0.01)
    assert tips == pytest.approx(sum(1.1 * n for n in range(20)), abs=0.01)


def test_fhv_has_trips_by_day_and_zone_and_no_money(connection: Connection, tmp_path: Path) -> None:
    path = write_month(tmp_path, "fhv", rows=20)
    load_month(connection, path)
    summarise_file(connection, trip_file(path))
    assert totals(connection, "fhv") == [20, None, None, None]


def test_fhvhv_s_revenue_is_everything_that_passengers_paid(
    connection: Connection, tmp_path: Path
) -> None:
    path = write_fhvhv(tmp_path)
    load_month(connection, path)
    assert summarise_file(connection, trip_file(path)) == 1
    row = "SELECT pickup_date, pulocationid, trips FROM trip_summary"
    assert connection.execute(row).fetchone() == (dt.date(2021, 1, 5), 7, 2)
    assert totals(connection, "fhvhv") == [2, 45.0, 3.5, 2.0]


def test_a_month_summarised_again_is_replaced_and_others_stay(
    connection: Connection, tmp_path: Path
) -> None:
    for month in ("2021-01", "2021-02"):
        path = write_month(tmp_path, month=month, rows=10)
        load_month(connection, path)
        summarise_file(connection, trip_file(path))
    again = write_month(tmp_path, month="2021-02", rows=7)
    load_month(connection, again)
    for _ in range(2):
        summarise_file(connection, trip_file(again))
    by_month = "SELECT file_month, sum(trips)::int FROM trip_summary GROUP BY 1 ORDER BY 1"
    assert connection.execute(by_month).fetchall() == [
        (dt.date(2021, 1, 1), 10), (dt.date(2021, 2, 1), 7),
    ]  # fmt: skip


def test_a_month_is_new_if_its_newest_load_is_not_summarised(
    connection: Connection, tmp_path: Path
) -> None:
    assert unsummarised_months(connection, "public", STATEMENTS) == []
    paths = [write_month(tmp_path, month=month, rows=10) for month in ("2021-02", "2021-01")]
    for path in paths:
        load_month(connection, path)
    new = unsummarised_months(connection, "public", STATEMENTS)
    assert [str(file.month) for file in new] == ["2021-01", "2021-02"]
    for file in new:
        summarise_file(connection, file)
    assert unsummarised_months(connection, "public", STATEMENTS) == []
    load_month(connection, write_month(tmp_path, month="2021-02", rows=7))
    [again] = unsummarised_months(connection, "public", STATEMENTS)
    assert str(again.month) == "2021-02"


def test_without_a_trips_table_the_error_says_what_to_do(connection: Connection) -> None:
    with pytest.raises(TableMissingError, match="Load a green month first"):
        summarise_file(connection, TripFile.of("green", "2021-01"))


def test_a_month_that_cannot_be_summarised_does_not_stop_the_others(
    connection: Connection, database: dict[str, str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for path in (
        write_month(tmp_path, "fhv"), write_month(tmp_path), write_month(tmp_path, "yellow"),
    ):  # fmt: skip
        load_month(connection, path)
    connection.execute("DROP TABLE green_tripdata; ALTER TABLE fhv_tripdata DROP pulocationid")
    warehouse = {
        "conn_type": "postgres", "host": database["host"], "login": database["user"],
        "schema": database["dbname"],
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_TLC_POSTGRES", json.dumps(warehouse))
    operator = PostgresSummaryOperator(
        task_id="summarise", create=STATEMENTS.create, summarise=STATEMENTS.summarise
    )

    with pytest.raises(Exception, match="failed: fhv 2021-01, green 2021-01; 1 others"):
        operator.step_output({})

    assert totals(connection, "yellow")[0] == 10

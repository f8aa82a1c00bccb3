"""What a user added to the trips table is on the staging table before the merge locks anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from nyc_tlc.core.errors import TableMismatchError
from nyc_tlc.core.postgres import exchange
from nyc_tlc.core.postgres.partition import objects_of
from nyc_tlc.core.postgres.tables import PostgresTable
from tests.support.trip_files import (
    count,
    load_month,
    merge_load,
    prepare,
    staging_tables,
    value,
    write_month,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integration

Connection = psycopg.Connection[Any]

KEY_OF_ANOTHER_TABLE = (
    "CREATE TABLE zones (id integer PRIMARY KEY); INSERT INTO zones SELECT generate_series(1, 265);"
    "ALTER TABLE green_tripdata ADD FOREIGN KEY (pulocationid) REFERENCES zones"
)
STATISTICS = (
    "CREATE STATISTICS together (dependencies) ON pulocationid, dolocationid FROM green_tripdata"
)
ADDITIONS = (
    "CREATE INDEX ON green_tripdata (pulocationid)",
    "CREATE INDEX ON green_tripdata ((trip_distance * 2)) WHERE extra > 0",
    'CREATE INDEX "a USING b ""ON" ON green_tripdata USING brin (extra)',
    "CREATE INDEX ON green_tripdata USING brin (lpep_pickup_datetime timestamp_minmax_multi_ops)",
    "CREATE INDEX one ON green_tripdata (extra); CREATE INDEX two ON green_tripdata (extra)",
    "CREATE UNIQUE INDEX ON green_tripdata (file_month, unique_row_id)",
    "ALTER TABLE green_tripdata ADD PRIMARY KEY (file_month, unique_row_id)",
    "ALTER TABLE green_tripdata ADD UNIQUE (unique_row_id, file_month)",
    "ALTER TABLE green_tripdata ADD CHECK (trip_distance >= 0)",
    "ALTER TABLE green_tripdata ADD CHECK (extra < 9) NOT VALID",
    "ALTER TABLE green_tripdata ALTER trip_distance SET NOT NULL",
    KEY_OF_ANOTHER_TABLE,
    STATISTICS,
    "ALTER TABLE green_tripdata ADD cents bigint GENERATED ALWAYS AS"
    " ((total_amount * 100)::bigint) STORED; CREATE INDEX ON green_tripdata (cents)",
)


@pytest.fixture
def built_under_lock(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the staging table still lacked when the trips table was locked."""
    lacking: list[str] = []
    align = exchange._align_columns

    def look(connection: Connection, trips: PostgresTable, staged: Any, contract: Any) -> None:
        staging = PostgresTable(staged.schema, staged.name)
        there = {each.identity for each in objects_of(connection, staging)}
        lacking.extend(
            f"{each.kind} {each.definition}"
            for each in objects_of(connection, trips)
            if each.identity not in there
        )
        align(connection, trips, staged, contract)

    monkeypatch.setattr(exchange, "_align_columns", look)
    return lacking


def test_new_and_replaced_months_have_all_of_it_before_the_table_is_locked(
    connection: Connection, tmp_path: Path, built_under_lock: list[str]
) -> None:
    load_month(connection, write_month(tmp_path))
    for addition in ADDITIONS:
        connection.execute(addition)
    own = len(objects_of(connection, PostgresTable("public", "green_tripdata")))
    assert own > len(ADDITIONS)

    load_month(connection, write_month(tmp_path, rows=11), run="again")
    load_month(connection, write_month(tmp_path, month="2021-02"), run="february")

    assert built_under_lock == []
    assert count(connection) == 21
    # Each partition has all of it once, and besides it the CHECK of its month.
    for month in ("01", "02"):
        partition = PostgresTable("public", f"green_tripdata_2021_{month}")
        query = (
            f"SELECT count(*) FROM pg_constraint WHERE conrelid = '{partition}'::regclass"
            " AND conparentid <> 0"
        )
        assert len(objects_of(connection, partition)) + value(connection, query) == own + 1
    assert staging_tables(connection) == []


def test_extended_statistics_of_a_new_month_are_filled(
    connection: Connection, tmp_path: Path
) -> None:
    load_month(connection, write_month(tmp_path, rows=0))
    connection.execute(STATISTICS)
    load_month(connection, write_month(tmp_path, rows=300), run="again")
    filled = "SELECT dependencies IS NOT NULL FROM pg_stats_ext WHERE tablename = 'green_tripdata_2021_01'"
    assert value(connection, filled) is True


def test_a_row_trigger_is_on_new_and_replaced_months(
    connection: Connection, tmp_path: Path
) -> None:
    load_month(connection, write_month(tmp_path))
    connection.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN RAISE ''by hand''; END'; CREATE TRIGGER refused BEFORE UPDATE ON green_tripdata"
        " FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    for month in ("2021-01", "2021-02"):
        load_month(connection, write_month(tmp_path, month=month, rows=3), run=month)
        with pytest.raises(psycopg.errors.RaiseException, match="by hand"):
            connection.execute(
                "UPDATE green_tripdata SET extra = 1 WHERE file_month = %s", [f"{month}-01"]
            )


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        (KEY_OF_ANOTHER_TABLE.replace("265", "5"), "is not present in table"),
        ("ALTER TABLE green_tripdata ADD CONSTRAINT near CHECK (trip_distance < 2)", "near"),
        ("ALTER TABLE green_tripdata ALTER passenger_count SET NOT NULL", "passenger_count"),
        ("CREATE UNIQUE INDEX ON green_tripdata (file_month, vendorid)", "duplicated"),
    ],
)
def test_a_month_that_breaks_a_rule_is_a_mismatch_before_the_table_is_locked(
    connection: Connection, tmp_path: Path, rule: str, named: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    load_month(connection, write_month(tmp_path, rows=2))
    connection.execute(rule)
    monkeypatch.setattr(exchange, "_lock", lambda *_, **__: pytest.fail("the table was locked"))

    with pytest.raises(TableMismatchError, match=named):
        load_month(connection, write_month(tmp_path, rows=10), run="again")

    assert count(connection) == 2
    assert count(connection, "tlc_load") == 1


def test_a_merge_that_is_tried_again_builds_nothing_twice(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_month(connection, write_month(tmp_path))
    for addition in ADDITIONS:
        connection.execute(addition)
    load = prepare(connection, write_month(tmp_path, rows=5), run="again")
    with monkeypatch.context() as patch:
        patch.setattr(exchange, "_align_columns", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            merge_load(connection, load)
    trips = PostgresTable("public", "green_tripdata")
    before = len(objects_of(connection, PostgresTable("staging", load.staged.name)))

    merge_load(connection, load)

    assert before == len(objects_of(connection, trips)) + 1
    assert count(connection) == 5

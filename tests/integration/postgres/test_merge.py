from __future__ import annotations

import threading
import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from nyc_tlc.core.catalog import Taxi
from nyc_tlc.core.contract.model import load_contract
from nyc_tlc.core.errors import StagingMissingError, TableBusyError, TableMismatchError
from nyc_tlc.core.landing.remote import probe
from nyc_tlc.core.loads import Load, MergeMode, MergeOutcome
from nyc_tlc.core.postgres import locks
from nyc_tlc.core.postgres.ledger import ensure_ledger
from nyc_tlc.core.postgres.stage import drop_staging, staging_table
from nyc_tlc.core.postgres.tables import PostgresTable, column_types, columns_of
from tests.support.trip_files import (
    count,
    load_month,
    merge_load,
    prepare,
    staging_tables,
    value,
    write_csv,
    write_month,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

from tests.support.trip_data import TripData

pytestmark = pytest.mark.integration

Connection = psycopg.Connection[Any]
ROUNDS = 12


def month_rows(connection: Connection, table: str = "green_tripdata") -> dict[str, int]:
    query = f"SELECT filename, count(*) FROM {table} GROUP BY filename ORDER BY filename"
    return dict(connection.execute(query).fetchall())


def partitions(connection: Connection) -> list[str]:
    query = (
        "SELECT inhrelid::regclass::text FROM pg_inherits"
        " WHERE inhparent = 'green_tripdata'::regclass ORDER BY 1"
    )
    return [name for (name,) in connection.execute(query)]


def test_a_first_load_creates_table_partition_and_ledger(
    connection: Connection, tmp_path: Path
) -> None:
    merged = load_month(connection, write_month(tmp_path, rows=10))

    assert (merged.outcome, merged.rows, merged.replaced) == (MergeOutcome.MERGED, 10, 0)
    assert count(connection) == 10
    assert partitions(connection) == ["green_tripdata_2021_01"]
    assert count(connection, "tlc_load") == 1
    assert staging_tables(connection) == []


def test_a_trips_table_is_described_by_its_contract(connection: Connection, tmp_path: Path) -> None:
    load_month(connection, write_month(tmp_path))

    contract = load_contract(Taxi.GREEN)
    query = "SELECT obj_description('green_tripdata'::regclass)"
    assert value(connection, query) == contract.description
    described = dict(
        connection.execute(
            "SELECT attname, col_description(attrelid, attnum) FROM pg_attribute"
            " WHERE attrelid = 'green_tripdata'::regclass AND attnum > 0"
        ).fetchall()
    )
    assert described.keys() == column_types(contract).keys()
    assert all(described.values())
    assert described["trip_distance"] == contract.column("trip_distance").comment


def test_the_same_file_again_changes_nothing(connection: Connection, tmp_path: Path) -> None:
    path = write_month(tmp_path)
    first = load_month(connection, path)

    again = load_month(connection, path, run="again")

    assert (again.outcome, again.load_id) == (MergeOutcome.UNCHANGED, first.load_id)
    assert (count(connection), count(connection, "tlc_load")) == (10, 1)
    assert staging_tables(connection) == []


def test_the_same_file_is_merged_again_when_forced(connection: Connection, tmp_path: Path) -> None:
    path = write_month(tmp_path)
    load_month(connection, path)

    again = load_month(connection, path, run="again", force=True)

    assert (again.outcome, again.rows, again.replaced) == (MergeOutcome.MERGED, 10, 10)
    assert (count(connection), count(connection, "tlc_load")) == (10, 2)


def test_the_same_file_is_merged_again_if_rows_are_missing(
    connection: Connection, tmp_path: Path
) -> None:
    path = write_month(tmp_path)
    load_month(connection, path)
    connection.execute("DELETE FROM green_tripdata WHERE pulocationid = 3")

    again = load_month(connection, path, run="again")

    assert (again.outcome, again.replaced) == (MergeOutcome.MERGED, 9)
    assert count(connection) == 10


@pytest.mark.parametrize("rows", [4, 10, 15])
def test_a_republished_file_replaces_its_whole_month(
    connection: Connection, tmp_path: Path, rows: int
) -> None:
    load_month(connection, write_month(tmp_path, rows=10))
    load_month(connection, write_month(tmp_path, month="2021-02", rows=3), run="february")
    changed = write_month(tmp_path, rows=rows, trip_distance=[99.5] * rows)

    merged = load_month(connection, changed, run="again")

    assert (merged.rows, merged.replaced) == (rows, 10)
    assert month_rows(connection) == {
        "green_tripdata_2021-01.parquet": rows,
        "green_tripdata_2021-02.parquet": 3,
    }
    assert value(connection, "SELECT min(trip_distance) FROM green_tripdata_2021_01") == 99.5


def test_a_republished_file_without_rows_empties_its_month(
    connection: Connection, tmp_path: Path
) -> None:
    load_month(connection, write_month(tmp_path, rows=10))

    merged = load_month(connection, write_month(tmp_path, rows=0), run="again")

    assert (merged.rows, merged.replaced, count(connection)) == (0, 10, 0)


def test_the_csv_of_a_month_replaces_its_parquet(connection: Connection, tmp_path: Path) -> None:
    load_month(connection, write_month(tmp_path, rows=10))

    merged = load_month(connection, write_csv(tmp_path, rows=8), run="csv")

    assert (merged.rows, merged.replaced) == (8, 10)
    assert month_rows(connection) == {"green_tripdata_2021-01.csv.gz": 8}


def test_insert_only_adds_the_rows_whose_id_is_new(connection: Connection, tmp_path: Path) -> None:
    load_month(connection, write_month(tmp_path, rows=6), mode=MergeMode.INSERT_ONLY)

    merged = load_month(
        connection, write_month(tmp_path, rows=9), run="again", mode=MergeMode.INSERT_ONLY
    )

    assert (merged.rows, merged.replaced, count(connection)) == (9, 0, 9)
    fewer = load_month(
        connection, write_month(tmp_path, rows=2), run="fewer", mode=MergeMode.INSERT_ONLY
    )
    assert (fewer.rows, count(connection)) == (9, 9)
    assert staging_tables(connection) == []


def test_without_the_staging_table_the_error_says_what_to_clear(
    connection: Connection, tmp_path: Path
) -> None:
    load = prepare(connection, write_month(tmp_path))
    drop_staging(connection, staging_table(load.staged))

    with pytest.raises(StagingMissingError, match="Clear the stage task"):
        merge_load(connection, load)


@pytest.mark.parametrize("before", [0, 4])
def test_a_retry_after_an_unreported_commit_returns_the_same_result(
    connection: Connection, tmp_path: Path, before: int
) -> None:
    if before:
        load_month(connection, write_month(tmp_path, rows=before), run="earlier")
    load = prepare(connection, write_month(tmp_path, rows=10))
    merged = merge_load(connection, load)

    assert merge_load(connection, load) == merged
    assert merged.replaced == before
    assert merge_load(connection, load, force=True) == merged
    assert count(connection) == 10


class TestTripsTableChangedByItsUser:
    """A table partitioned by the file's month that somebody has added something to."""

    def test_a_new_contract_column_is_added_without_rewriting_old_months(
        self, connection: Connection, tmp_path: Path
    ) -> None:
        load_month(connection, write_month(tmp_path))
        connection.execute("ALTER TABLE green_tripdata DROP cbd_congestion_fee")
        node = "SELECT pg_relation_filenode('green_tripdata_2021_01')"
        before = value(connection, node)

        load_month(connection, write_month(tmp_path, month="2021-02"), run="february")

        assert value(connection, node) == before
        assert "cbd_congestion_fee" in columns_of(
            connection, PostgresTable("public", "green_tripdata")
        )
        comment = (
            "SELECT col_description(attrelid, attnum) FROM pg_attribute WHERE attname ="
            " 'cbd_congestion_fee' AND attrelid = 'green_tripdata'::regclass"
        )
        assert "Congestion Relief" in value(connection, comment)
        assert count(connection) == 20

    @pytest.mark.parametrize(
        ("definition", "seen"),
        [
            ("note text", None),
            ("checked boolean NOT NULL DEFAULT false", False),
            ("tip_share numeric(4, 2) DEFAULT 1.5", 1.5),
            ("total_cents bigint GENERATED ALWAYS AS ((total_amount * 100)::bigint) STORED", 430),
        ],
    )
    def test_a_user_s_own_column_keeps_its_rules(
        self, connection: Connection, tmp_path: Path, definition: str, seen: object
    ) -> None:
        load_month(connection, write_month(tmp_path))
        connection.execute(f"ALTER TABLE green_tripdata ADD {definition}")

        load_month(connection, write_month(tmp_path, rows=11), run="again")
        load_month(connection, write_month(tmp_path, month="2021-02"), run="february")

        name = definition.split()[0]
        query = f"SELECT min({name}::text)::text FROM green_tripdata WHERE trip_distance = 0"
        found = value(connection, query)
        assert found == (None if seen is None else str(seen).lower().replace("1.5", "1.50"))
        assert count(connection) == 21

    def test_a_required_column_without_a_default_is_a_mismatch(
        self, connection: Connection, tmp_path: Path
    ) -> None:
        load_month(connection, write_month(tmp_path, rows=0))
        connection.execute("ALTER TABLE green_tripdata ADD driver text NOT NULL")

        with pytest.raises(TableMismatchError, match="driver"):
            load_month(connection, write_month(tmp_path, rows=3), run="again")

        assert count(connection, "tlc_load") == 1

    def test_a_user_s_own_indexes_are_on_every_partition(
        self, connection: Connection, tmp_path: Path
    ) -> None:
        load_month(connection, write_month(tmp_path))
        connection.execute("CREATE INDEX ON green_tripdata (pulocationid)")
        connection.execute("CREATE UNIQUE INDEX ON green_tripdata (file_month, unique_row_id)")

        load_month(connection, write_month(tmp_path, rows=11), run="again")
        load_month(connection, write_month(tmp_path, month="2021-02"), run="february")

        query = "SELECT count(*) FROM pg_indexes WHERE tablename LIKE 'green_tripdata_2021_0_'"
        assert value(connection, query) == 4

    def test_readers_of_the_trips_table_may_also_read_new_months(
        self, connection: Connection, tmp_path: Path
    ) -> None:
        """Rights are asked of the table that a query names, so those of the trips table last."""
        load_month(connection, write_month(tmp_path))
        reader = f"reader_{uuid.uuid4().hex[:8]}"
        connection.execute(f"CREATE ROLE {reader}")
        connection.execute(f"GRANT SELECT ON green_tripdata, green_tripdata_2021_01 TO {reader}")

        load_month(connection, write_month(tmp_path, rows=11), run="again")
        load_month(connection, write_month(tmp_path, month="2021-02", rows=5), run="february")

        try:
            with connection.transaction():
                connection.execute(f"SET LOCAL ROLE {reader}")
                assert count(connection) == 16
                assert month_rows(connection)["green_tripdata_2021-02.parquet"] == 5
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(f"SET LOCAL ROLE {reader}")
                count(connection, "green_tripdata_2021_01")
        finally:
            connection.execute(f"DROP OWNED BY {reader}")
            connection.execute(f"DROP ROLE {reader}")

    def test_a_constraint_that_the_month_breaks_is_a_mismatch_that_changes_nothing(
        self, connection: Connection, tmp_path: Path
    ) -> None:
        load_month(connection, write_month(tmp_path))
        connection.execute("ALTER TABLE green_tripdata ADD CHECK (trip_distance < 50)")

        with pytest.raises(TableMismatchError, match="green_tripdata_trip_distance_check"):
            load_month(
                connection, write_month(tmp_path, rows=1, trip_distance=[244_152.0]), run="again"
            )

        assert month_rows(connection) == {"green_tripdata_2021-01.parquet": 10}

    def test_a_view_on_the_replaced_partition_is_reported(
        self, connection: Connection, tmp_path: Path
    ) -> None:
        load_month(connection, write_month(tmp_path))
        connection.execute("CREATE VIEW january AS SELECT * FROM green_tripdata_2021_01")

        with pytest.raises(TableMismatchError, match="january"):
            load_month(connection, write_month(tmp_path, rows=3), run="again")

        assert count(connection, "january") == 10

    def test_a_column_of_another_type_is_named_with_both_types(
        self, connection: Connection, tmp_path: Path
    ) -> None:
        load_month(connection, write_month(tmp_path))
        connection.execute("ALTER TABLE green_tripdata ALTER trip_type TYPE bigint")

        with pytest.raises(TableMismatchError, match="trip_type is bigint, expected integer"):
            load_month(connection, write_month(tmp_path, rows=3), run="again")

    def test_a_partition_with_another_name_is_replaced_too(
        self, connection: Connection, tmp_path: Path
    ) -> None:
        load_month(connection, write_month(tmp_path))
        connection.execute("ALTER TABLE green_tripdata_2021_01 RENAME TO january")

        merged = load_month(connection, write_month(tmp_path, rows=3), run="again")

        assert (merged.replaced, partitions(connection)) == (10, ["green_tripdata_2021_01"])

    @pytest.mark.parametrize(
        "squatter",
        [
            "CREATE TABLE green_tripdata_2021_01 (note text)",
            "CREATE VIEW green_tripdata_2021_01 AS SELECT 1 AS one",
            (
                "CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER far FOREIGN DATA WRAPPER nowhere;"
                " CREATE FOREIGN TABLE green_tripdata_2021_01 (note text) SERVER far"
            ),
        ],
        ids=["table", "view", "foreign table"],
    )
    def test_another_table_with_the_partition_s_name_is_not_changed(
        self, connection: Connection, tmp_path: Path, squatter: str
    ) -> None:
        connection.execute(squatter)

        with pytest.raises(TableMismatchError, match="is not a partition of the trips table"):
            load_month(connection, write_month(tmp_path))

        assert value(connection, "SELECT to_regclass('green_tripdata_2021_01') IS NOT NULL")
        assert count(connection, "tlc_load") == 0

    def test_a_default_partition_that_holds_the_month_already_is_a_mismatch(
        self, connection: Connection, tmp_path: Path
    ) -> None:
        load_month(connection, write_month(tmp_path, month="2021-02"))
        connection.execute("CREATE TABLE rest PARTITION OF green_tripdata DEFAULT")
        connection.execute(
            "INSERT INTO green_tripdata (unique_row_id, file_month, filename)"
            " VALUES (gen_random_uuid(), '2021-01-01', 'by hand')"
        )

        with pytest.raises(TableMismatchError, match="rest"):
            load_month(connection, write_month(tmp_path), run="january")

        assert count(connection, "rest") == 1


class TestTwoAtOnce:
    """Threads with connections of their own; a deadlock would raise WarehouseUnreachableError."""

    def together(
        self, database: dict[str, str], steps: list[Callable[[Connection], object]]
    ) -> list[Any]:
        results: list[Any] = [None] * len(steps)
        start = threading.Barrier(len(steps))

        def work(index: int) -> None:
            try:
                with psycopg.connect(**database, autocommit=True) as connection:
                    start.wait(30)
                    results[index] = steps[index](connection)
            except Exception as error:  # noqa: BLE001 - shown by the assertion
                results[index] = error

        threads = [threading.Thread(target=work, args=(i,)) for i in range(len(steps))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return results

    def test_two_months_are_loaded_and_replaced_in_parallel(
        self, connection: Connection, database: dict[str, str], tmp_path: Path
    ) -> None:
        months = ("2021-01", "2021-02", "2021-03")
        for rows in range(1, ROUNDS + 1):
            loads = [
                prepare(connection, write_month(tmp_path, month=month, rows=rows), run=f"{rows}")
                for month in months
            ]

            results = self.together(
                database, [lambda c, load=load: merge_load(c, load) for load in loads]
            )

            assert [getattr(result, "rows", result) for result in results] == [rows] * 3
            assert list(month_rows(connection).values()) == [rows] * 3

    def test_parallel_first_months_create_each_table_once(
        self, connection: Connection, database: dict[str, str], tmp_path: Path
    ) -> None:
        months = ("2021-01", "2021-02", "2021-03")
        for n in range(ROUNDS):
            connection.execute("DROP TABLE IF EXISTS green_tripdata, tlc_load, tlc_lock")
            loads = [
                prepare(connection, write_month(tmp_path, month=month), run=f"run {n}")
                for month in months
            ]

            results = self.together(
                database, [lambda c, load=load: merge_load(c, load) for load in loads]
            )

            assert [getattr(result, "rows", result) for result in results] == [10] * 3
            assert (count(connection), count(connection, "tlc_load")) == (30, 3)

    def test_a_first_load_beside_a_replacement_that_must_add_a_column(
        self, connection: Connection, database: dict[str, str], tmp_path: Path
    ) -> None:
        load_month(connection, write_month(tmp_path, month="2020-01"))
        for n in range(1, ROUNDS + 1):
            connection.execute("ALTER TABLE green_tripdata DROP cbd_congestion_fee")
            months = ("2020-01", f"2021-{n:02d}")
            loads = [
                prepare(connection, write_month(tmp_path, month=month, rows=n), run=f"run {n}")
                for month in months
            ]

            results = self.together(
                database, [lambda c, load=load: merge_load(c, load) for load in loads]
            )

            assert [getattr(result, "rows", result) for result in results] == [n, n]

    def test_a_month_merged_by_two_runs_is_loaded_once(
        self, connection: Connection, database: dict[str, str], tmp_path: Path
    ) -> None:
        for rows in range(1, ROUNDS + 1):
            path = write_month(tmp_path, rows=rows)
            loads = [prepare(connection, path, run=f"{rows} {who}") for who in "ab"]

            results = self.together(
                database, [lambda c, load=load: merge_load(c, load) for load in loads]
            )

            outcomes = [getattr(result, "outcome", result) for result in results]
            assert sorted(outcomes) == [MergeOutcome.MERGED, MergeOutcome.UNCHANGED]
            assert count(connection) == rows
        assert count(connection, "tlc_load") == ROUNDS
        assert staging_tables(connection) == []

    def test_a_run_s_merge_started_twice_returns_the_same_result(
        self, connection: Connection, database: dict[str, str], tmp_path: Path
    ) -> None:
        load = prepare(connection, write_month(tmp_path))

        results = self.together(database, [lambda c: merge_load(c, load)] * 2)

        assert results[0] == results[1]
        assert count(connection) == 10

    def test_two_runs_load_the_same_month_at_the_same_time(
        self, connection: Connection, database: dict[str, str], tmp_path: Path
    ) -> None:
        path = write_month(tmp_path)

        results = self.together(
            database, [lambda c, run=run: load_month(c, path, run) for run in ("a", "b", "c")]
        )

        assert {getattr(result, "rows", result) for result in results} == {10}
        assert (count(connection), count(connection, "tlc_load")) == (10, 1)


class TestReaders:
    @pytest.fixture
    def reader(self, connection: Connection, database: dict[str, str], tmp_path: Path) -> Any:
        """A transaction that has read the trips table, of one month, and stays open."""
        load_month(connection, write_month(tmp_path))
        with psycopg.connect(**database) as reading:
            assert count(reading) == 10
            yield reading

    def test_a_first_load_does_not_wait_for_readers(
        self, connection: Connection, reader: Connection, tmp_path: Path
    ) -> None:
        connection.execute("SET lock_timeout = '5s'")

        merged = load_month(connection, write_month(tmp_path, month="2021-02"), run="february")

        assert merged.rows == 10

    def test_a_replacement_waits_for_a_reader_and_then_succeeds(
        self, connection: Connection, reader: Connection, tmp_path: Path
    ) -> None:
        load = prepare(connection, write_month(tmp_path, rows=3), run="again")
        over = threading.Timer(3, reader.rollback)
        over.start()

        assert merge_load(connection, load).replaced == 10

        over.join()
        assert count(connection) == 3

    def test_no_reader_waits_longer_than_a_second_behind_a_replacement(
        self, connection: Connection, reader: Connection, database: dict[str, str], tmp_path: Path
    ) -> None:
        load, waits = prepare(connection, write_month(tmp_path, rows=3), run="again"), []
        merging = threading.Thread(target=merge_load, args=(connection, load))
        merging.start()
        with psycopg.connect(**database, autocommit=True) as other:
            for _ in range(20):
                begun = time.monotonic()
                assert count(other) == 10
                waits.append(time.monotonic() - begun)
                time.sleep(0.1)
        assert merging.is_alive()
        reader.rollback()
        merging.join()
        assert max(waits) < 1

    def test_a_replacement_says_that_the_table_is_busy_when_its_patience_is_over(
        self,
        connection: Connection,
        reader: Connection,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(locks, "LONGEST_WAIT_SECONDS", 0)
        load = prepare(connection, write_month(tmp_path, rows=3), run="again")

        with pytest.raises(TableBusyError, match=r"green_tripdata stayed locked") as busy:
            merge_load(connection, load)
        assert busy.value.retryable
        assert count(reader) == 10

        reader.rollback()
        assert merge_load(connection, load).replaced == 10
        assert count(connection) == 3

    def test_a_merge_leaves_no_lock_timeout_behind(
        self, connection: Connection, tmp_path: Path
    ) -> None:
        load_month(connection, write_month(tmp_path))

        assert value(connection, "SHOW lock_timeout") == "0"


def test_a_reader_of_the_old_partition_alone_delays_nobody_by_a_second(
    connection: Connection, database: dict[str, str], tmp_path: Path
) -> None:
    """The merge gets the trips table at once, and then waits for the partition while it has it."""
    load_month(connection, write_month(tmp_path))
    load_month(connection, write_month(tmp_path, month="2021-02"), run="february")
    load, waits = prepare(connection, write_month(tmp_path, rows=3), run="again"), []
    with (
        psycopg.connect(**database) as reading,
        psycopg.connect(**database, autocommit=True) as other,
    ):
        count(reading, "green_tripdata_2021_01")
        merging = threading.Thread(target=merge_load, args=(connection, load))
        merging.start()
        for table in ["green_tripdata", "green_tripdata_2021_01", "green_tripdata_2021_02"] * 8:
            begun = time.monotonic()
            count(other, table)
            waits.append(time.monotonic() - begun)
            time.sleep(0.1)
        assert merging.is_alive()
        reading.rollback()
        merging.join()
    assert max(waits) < 1
    assert count(connection) == 13


def test_a_reader_of_an_older_ledger_delays_its_new_columns_and_no_other_reader(
    connection: Connection, database: dict[str, str], tmp_path: Path
) -> None:
    load_month(connection, write_month(tmp_path))
    connection.execute("ALTER TABLE tlc_load DROP COLUMN id_sum")
    waits = []
    with (
        psycopg.connect(**database) as reading,
        psycopg.connect(**database, autocommit=True) as other,
    ):
        count(reading, "tlc_load")
        adding = threading.Thread(target=ensure_ledger, args=(connection, "public"))
        adding.start()
        for _ in range(15):
            begun = time.monotonic()
            count(other, "tlc_load")
            waits.append(time.monotonic() - begun)
            time.sleep(0.1)
        assert adding.is_alive()
        reading.rollback()
        adding.join()
    assert max(waits) < 1
    assert value(connection, "SELECT count(id_sum) FROM tlc_load") == 0


def test_the_planner_has_statistics_of_the_whole_trips_table(
    connection: Connection, tmp_path: Path
) -> None:
    analyzed = (
        "SELECT count(*) FROM pg_stats WHERE tablename = 'green_tripdata' AND inherited"
        " AND attname = 'pulocationid'"
    )
    load_month(connection, write_month(tmp_path, rows=50))
    assert value(connection, analyzed) == 1
    load_month(connection, write_month(tmp_path, month="2021-02", rows=60), run="february")
    tuples = "SELECT reltuples FROM pg_class WHERE oid = 'green_tripdata'::regclass"
    assert value(connection, tuples) == 110
    load_month(connection, write_month(tmp_path, month="2021-03", rows=1), run="march")
    assert value(connection, tuples) == 110


def found(connection: Connection, path: Path, run: str, newest: int) -> Load:
    """A load up to its merge, of a file that its source still has or has replaced."""
    load, remote = prepare(connection, path, run), probe(path.as_uri())
    landed = replace(load.landed, url=remote.url, etag=remote.etag)
    return replace(load, landed=landed, newest_at_find=newest)


def test_an_older_run_that_merges_after_a_newer_one_ends_as_superseded(
    connection: Connection, tmp_path: Path
) -> None:
    path = write_month(tmp_path, rows=5)
    older = found(connection, path, "older", newest=0)
    newer = found(connection, write_month(tmp_path, rows=7), "newer", newest=0)
    assert merge_load(connection, newer).rows == 7

    ended = merge_load(connection, older)

    assert (ended.outcome, ended.rows) == (MergeOutcome.SUPERSEDED, 7)
    assert "newer has merged a newer file as load 1" in str(ended.reason)
    assert count(connection) == 7
    assert count(connection, "tlc_load") == 1
    assert staging_tables(connection) == []


def test_a_newer_run_that_found_its_file_before_an_older_one_merged_still_replaces_it(
    connection: Connection, tmp_path: Path
) -> None:
    older = found(connection, write_month(tmp_path, rows=5), "older", newest=0)
    newer = found(connection, write_month(tmp_path, rows=7), "newer", newest=0)
    assert merge_load(connection, older).outcome is MergeOutcome.MERGED
    assert count(connection) == 5

    assert merge_load(connection, newer).outcome is MergeOutcome.MERGED
    assert count(connection) == 7


def test_a_dead_clients_transaction_delays_a_merge_and_does_not_block_it(
    connection: Connection, database: dict[str, str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(locks, "IDLE_TIMEOUT", "3s")
    monkeypatch.setattr(locks, "LOCK_TIMEOUT", "500ms")
    load = prepare(connection, write_month(tmp_path))
    dead = psycopg.connect(**database, autocommit=True)
    dead.execute("BEGIN")
    locks.lock_month(dead, "public", load.file)

    assert merge_load(connection, load).rows == 10

    with pytest.raises(psycopg.Error, match="idle-in-transaction"):
        dead.execute("SELECT 1")


def test_a_read_only_user_can_take_none_of_our_locks(
    connection: Connection, database: dict[str, str], tmp_path: Path
) -> None:
    role = f"reader_{database['dbname'][-12:]}"
    load = prepare(connection, write_month(tmp_path))
    merge_load(connection, load)
    connection.execute(f"CREATE ROLE {role} LOGIN IN ROLE pg_read_all_data")
    try:
        with psycopg.connect(**{**database, "user": role}, autocommit=True) as reader:
            reader.execute("SELECT name FROM tlc_lock")
            for lock in (
                "SELECT name FROM tlc_lock FOR UPDATE",
                "SELECT name FROM tlc_lock FOR KEY SHARE",
                "LOCK TABLE tlc_lock IN ROW EXCLUSIVE MODE",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege), reader.transaction():
                    reader.execute(lock)
            reader.execute(
                "SELECT pg_advisory_lock(hashtextextended('nyc_tlc month green 2021-01', 0))"
            )
            assert (
                merge_load(connection, prepare(connection, write_month(tmp_path, rows=3))).rows == 3
            )
    finally:
        connection.execute(f"DROP ROLE {role}")


def test_every_month_has_as_many_rows_in_the_trips_table_as_the_manifest_says(
    connection: Connection, trip_data: TripData
) -> None:
    paths = sorted((trip_data / "trip-data").glob("green_*.parquet"))
    assert len(paths) == 13

    loads = [prepare(connection, path) for path in paths]
    merged = [merge_load(connection, load) for load in loads]

    expected = {path.name: trip_data.rows[path.name] for path in paths}
    assert [load.landed.rows for load in loads] == list(expected.values())
    assert [load.staged.rows for load in loads] == list(expected.values())
    assert [result.rows for result in merged] == list(expected.values())
    assert month_rows(connection) == expected

from __future__ import annotations

import datetime as dt
import logging
import threading
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nyc_tlc.core.contract.model import load_contract
from nyc_tlc.core.errors import ContractError, RowCountMismatchError, WarehouseRefusedError
from nyc_tlc.core.loads import StagedMonth
from nyc_tlc.core.postgres.stage import drop_staging, stage, staging_table
from nyc_tlc.core.postgres.tables import PostgresTable, column_types, columns_of
from tests.support.trip_data import TripData
from tests.support.trip_files import (
    count,
    landed,
    load_month,
    merge_load,
    prepare,
    stage_file,
    staging_tables,
    trip_file,
    write_csv,
    write_month,
)

pytestmark = pytest.mark.integration

Connection = psycopg.Connection[Any]


def rows_of(
    connection: Connection, table: PostgresTable, names: list[str]
) -> list[tuple[Any, ...]]:
    columns = psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, names))
    query = psycopg.sql.SQL("SELECT {} FROM {}").format(columns, table.identifier)
    return sorted(connection.execute(query).fetchall(), key=repr)


def rows_in(path: Path, names: list[str]) -> list[tuple[Any, ...]]:
    """What pyarrow reads, in the contract's types: whole numbers where it says so."""
    types = column_types(load_contract(trip_file(path).taxi))
    table = pq.read_table(path)
    table = table.rename_columns([name.lower() for name in table.column_names])
    columns = [
        [None if cell is None else int(cell) for cell in column]
        if types[name] == "integer"
        else column
        for name in names
        for column in [table.column(name).to_pylist()]
    ]
    return sorted(zip(*columns, strict=True), key=repr)


@pytest.mark.parametrize("taxi", ["green", "yellow", "fhv"])
def test_every_value_of_the_file_is_in_the_staging_table(
    connection: Connection, tmp_path: Path, taxi: str
) -> None:
    path = write_month(tmp_path, taxi, rows=50)

    staged = stage_file(connection, path)

    assert staged.rows == 50
    assert rows_of(connection, staging_table(staged), staged.columns) == rows_in(
        path, staged.columns
    )


@pytest.mark.parametrize("month", ["2021-02", "2023-02"])
def test_every_value_of_a_whole_month_is_in_the_staging_table(
    connection: Connection, trip_data: TripData, month: str
) -> None:
    path = trip_data / f"trip-data/green_tripdata_{month}.parquet"

    staged = stage_file(connection, path)

    assert rows_of(connection, staging_table(staged), staged.columns) == rows_in(
        path, staged.columns
    )


def test_columns_have_the_contract_s_types(connection: Connection, tmp_path: Path) -> None:
    staged = stage_file(connection, write_month(tmp_path))

    types = {
        name: column.type for name, column in columns_of(connection, staging_table(staged)).items()
    }
    assert types == column_types(load_contract(trip_file(tmp_path / "green_tripdata_2021-01").taxi))


def test_each_row_has_its_file_its_month_and_an_id(connection: Connection, tmp_path: Path) -> None:
    staged = stage_file(connection, write_month(tmp_path, rows=20))

    rows = rows_of(connection, staging_table(staged), ["filename", "file_month"])
    assert set(rows) == {("green_tripdata_2021-01.parquet", dt.date(2021, 1, 1))}
    ids = rows_of(connection, staging_table(staged), ["unique_row_id"])
    assert len(set(ids)) == 20
    assert (None,) not in ids


def test_a_csv_of_the_same_month_gets_the_same_ids(connection: Connection, tmp_path: Path) -> None:
    parquet = stage_file(connection, write_month(tmp_path), run="parquet")
    csv = stage_file(connection, write_csv(tmp_path), run="csv")

    ids = [
        rows_of(connection, staging_table(staged), ["unique_row_id"]) for staged in (parquet, csv)
    ]
    assert ids[0] == ids[1]


@pytest.mark.parametrize(
    "run",
    [
        "manual__2021-01-01T00:00:00+00:00",
        'a"; DROP SCHEMA staging; --',
        "%s {0} 'é",
        "x" * 250,
        "",
    ],
)
def test_the_table_name_fits_into_postgres_for_any_run_id(
    connection: Connection, tmp_path: Path, run: str
) -> None:
    staged = stage_file(connection, write_month(tmp_path), run)

    assert len(staged.name.encode()) <= 63
    assert staging_tables(connection) == [staged.name]


def test_two_runs_of_a_month_have_different_tables(connection: Connection, tmp_path: Path) -> None:
    path = write_month(tmp_path)

    tables = {stage_file(connection, path, run).name for run in ("one", "two")}

    assert set(staging_tables(connection)) == tables
    assert len(tables) == 2


def test_a_table_left_by_an_earlier_try_is_replaced(connection: Connection, tmp_path: Path) -> None:
    first = stage_file(connection, write_month(tmp_path, rows=30))

    second = stage_file(connection, write_month(tmp_path, rows=7))

    assert second.name == first.name
    assert count(connection, str(staging_table(second))) == 7


def test_a_file_without_rows_gives_an_empty_table(connection: Connection, tmp_path: Path) -> None:
    staged = stage_file(connection, write_month(tmp_path, rows=0))

    assert staged.rows == 0
    assert count(connection, str(staging_table(staged))) == 0


def test_a_column_the_contract_does_not_know_is_left_out_with_a_warning(
    connection: Connection, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_month(tmp_path, rows=3, **{"Robot Fee; --": [1.0, 2.0, 3.0]})

    with caplog.at_level(logging.WARNING):
        staged = stage_file(connection, path)

    assert staged.rows == 3
    assert staged.unknown_columns == ["robot fee; --"]
    assert "robot fee; --" in caplog.text
    assert "contract/green.toml" in caplog.text
    assert "robot fee; --" not in columns_of(connection, staging_table(staged))


def test_a_value_that_cannot_be_cast_is_reported_and_rolled_back(
    connection: Connection, tmp_path: Path
) -> None:
    path = write_month(tmp_path, rows=4, passenger_count=[1.0, 2.0, 1.5, None])

    with pytest.raises(ContractError, match=r"line 3 has passenger_count = '1\.5'"):
        stage_file(connection, path)

    assert staging_tables(connection) == []


def test_a_bad_value_late_in_the_file_leaves_no_rows_and_no_thread(
    connection: Connection, tmp_path: Path
) -> None:
    counts = [1.0] * 120_000 + [2.5]
    path = write_month(tmp_path, rows=len(counts), passenger_count=counts)

    with pytest.raises(ContractError, match=r"line 120,001 has passenger_count = '2\.5'"):
        stage_file(connection, path)

    assert staging_tables(connection) == []
    assert "prefetch" not in [thread.name for thread in threading.enumerate()]


def test_the_table_of_an_earlier_try_stays_if_a_later_try_fails(
    connection: Connection, tmp_path: Path
) -> None:
    before = stage_file(connection, write_month(tmp_path, rows=5))

    with pytest.raises(RowCountMismatchError):
        stage_file(connection, write_month(tmp_path, rows=6), rows=7)

    assert count(connection, str(staging_table(before))) == 5


@pytest.mark.parametrize("counted", [9, 11])
def test_nothing_is_staged_if_the_row_count_differs_from_landing_s(
    connection: Connection, tmp_path: Path, counted: int
) -> None:
    path = write_month(tmp_path, rows=10)

    with pytest.raises(RowCountMismatchError, match=rf"has {counted} rows .*, but 10 were read"):
        stage_file(connection, path, rows=counted)

    assert staging_tables(connection) == []


def test_rows_are_frozen_and_stay_in_their_place_when_merged(
    connection: Connection, tmp_path: Path
) -> None:
    load = prepare(connection, write_month(tmp_path, rows=5_000))
    pages, visible, place = place_of(connection, str(staging_table(load.staged)))

    merge_load(connection, load)

    assert visible > pages / 2  # 0 without FREEZE; from 16 on, COPY leaves some pages out
    assert place_of(connection, "green_tripdata_2021_01")[2] == place


def place_of(connection: Connection, table: str) -> tuple[int, int, int]:
    """Pages, those whose rows all can see, and the file on disk."""
    query = (
        "SELECT relpages, relallvisible, pg_relation_filenode(oid) FROM pg_class"
        " WHERE oid = to_regclass(%s)"
    )
    [found] = connection.execute(query, [table]).fetchall()
    return found


def test_what_is_staged_goes_through_xcom_and_back(connection: Connection, tmp_path: Path) -> None:
    import json
    from dataclasses import asdict

    staged = stage_file(connection, write_month(tmp_path))

    assert StagedMonth.from_xcom(json.loads(json.dumps(asdict(staged)))) == staged


def test_dropping_a_missing_staging_table_is_not_an_error(connection: Connection) -> None:
    drop_staging(connection, PostgresTable("staging", "nothing"))


class TestLeastPrivilegedRole:
    @pytest.fixture
    def role(self, connection: Connection, database: dict[str, str]) -> Any:
        """A login that may use a schema made for it, but create none."""
        name = f"loader_{database['dbname'][-12:]}"
        connection.execute(f"CREATE ROLE {name} LOGIN")
        connection.execute("REVOKE ALL ON SCHEMA public FROM public")
        yield name
        connection.execute(f"DROP OWNED BY {name}")
        connection.execute(f"DROP ROLE {name}")

    def test_a_login_without_create_rights_loads_into_existing_schemas(
        self, connection: Connection, database: dict[str, str], role: str, tmp_path: Path
    ) -> None:
        connection.execute("CREATE SCHEMA staging")
        connection.execute(f"GRANT USAGE, CREATE ON SCHEMA staging, public TO {role}")

        with psycopg.connect(**{**database, "user": role}, autocommit=True) as limited:
            merged = load_month(limited, write_month(tmp_path, rows=8))
            again = load_month(limited, write_month(tmp_path, rows=9), run="again")

        assert (merged.rows, again.rows, again.replaced) == (8, 9, 8)

    def test_without_a_schema_the_error_shows_the_missing_right(
        self, connection: Connection, database: dict[str, str], role: str, tmp_path: Path
    ) -> None:
        with (
            psycopg.connect(**{**database, "user": role}, autocommit=True) as limited,
            pytest.raises(WarehouseRefusedError, match="permission denied for database"),
        ):
            stage_file(limited, write_month(tmp_path))

    def test_a_trips_table_of_another_owner_is_refused_and_unchanged(
        self, connection: Connection, database: dict[str, str], role: str, tmp_path: Path
    ) -> None:
        load_month(connection, write_month(tmp_path, rows=3))
        connection.execute(f"GRANT ALL ON SCHEMA staging, public TO {role}")
        connection.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")

        with (
            psycopg.connect(**{**database, "user": role}, autocommit=True) as limited,
            pytest.raises(WarehouseRefusedError, match="must be owner"),
        ):
            load_month(limited, write_month(tmp_path, rows=4), run="limited")

        assert count(connection) == 3


def test_the_name_of_a_file_s_folder_does_not_matter(
    connection: Connection, tmp_path: Path
) -> None:
    folder = tmp_path / "it's a %s {folder}; é"
    folder.mkdir()
    path = write_month(folder, rows=2)
    file = trip_file(path)
    table = PostgresTable('we"ird schema', file.staging_table("run"))

    staged = stage(connection, table, file, landed(path), load_contract(file.taxi), path)

    assert count(connection, str(staging_table(staged))) == 2


def test_integers_that_do_not_fit_are_reported(connection: Connection, tmp_path: Path) -> None:
    path = write_month(tmp_path, rows=2, PULocationID=pa.array([1, 2**31], pa.int64()).to_pylist())

    with pytest.raises(ContractError, match=r"line 2 has PULocationID = '2147483648'"):
        stage_file(connection, path)

"""``airflow tlc doctor --fix`` removes what ended runs left, and nothing of a run that goes on."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nyc_tlc.cli import leftovers
from nyc_tlc.cli.leftovers import is_leftover, try_leftovers
from nyc_tlc.core.postgres.leftovers import OrphanedFiles, StagingTable, orphaned_files
from nyc_tlc.hooks.landing import TEMPORARY
from tests.support.trip_files import stage_file, staging_tables, trip_file, value, write_month

pytestmark = [
    pytest.mark.integration,
    pytest.mark.parametrize("postgres_socket", [18], indirect=True, ids=["postgres18"]),
]

Connection = psycopg.Connection[Any]
RUNS = {"a_dag ended": True, "a_dag running": False}
LONG_AGO = dt.datetime.now(dt.UTC).timestamp() - 3 * 24 * 3600


@pytest.fixture
def landing(database: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    warehouse = {
        "conn_type": "postgres", "host": database["host"], "login": database["user"],
        "schema": database["dbname"],
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_TLC_POSTGRES", json.dumps(warehouse))
    monkeypatch.setenv("AIRFLOW_VAR_TLC_LANDING", (tmp_path / "landing").as_uri())
    monkeypatch.setenv("AIRFLOW_VAR_TLC_REPORTS", str(tmp_path / "reports"))
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(leftovers, "ended_runs", lambda: RUNS)
    (tmp_path / "landing").mkdir()
    return tmp_path / "landing"


def seen(*, fix: bool) -> dict[str, tuple[bool, str]]:
    return {found.what: (found.ok, found.seen) for found in try_leftovers(fix=fix)}


def old(path: Path) -> Path:
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


def test_leftovers_are_listed_then_removed_and_what_is_in_use_stays(
    connection: Connection, landing: Path, tmp_path: Path
) -> None:
    month = write_month(tmp_path)
    for run in ("a_dag ended", "a_dag running", "unknown here"):
        stage_file(connection, month, run)
    held, fresh = landing / "held.parquet.part", landing / "fresh.parquet.part"
    left = landing / "left.parquet.part"
    for path in (held, fresh, left):
        path.touch()
    inputs, new_inputs = (tmp_path / f"reports/green/2021-0{n}/input" for n in (1, 2))
    copies = tmp_path / f"{TEMPORARY}x"
    for folder in (inputs, new_inputs, copies):
        folder.mkdir(parents=True)
        (folder / "trips.parquet").touch()
    with old(held).open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for path in (left, inputs, copies):
            old(path)
        before = seen(fix=False)
        assert len(staging_tables(connection)) == 3

        after, then = seen(fix=True), seen(fix=False)

    kinds = ("staging tables", "partial files", "report inputs", "temporary folders")
    assert [before[kind][0] for kind in kinds] == [False] * 4
    listed = {kind: before[kind][1].partition(":")[0] for kind in kinds}
    assert listed == dict.fromkeys(kinds, "1 of ended runs"), before
    removed = {kind: after[kind][1].partition(":")[0] for kind in kinds}
    assert removed == dict.fromkeys(kinds, "removed 1"), after
    assert before["containers"] == after["containers"] == (True, "none")
    names = [trip_file(month).staging_table(run) for run in ("a_dag running", "unknown here")]
    assert sorted(staging_tables(connection)) == sorted(names)
    assert (held.exists(), fresh.exists(), left.exists()) == (True, True, False)
    assert (inputs.exists(), new_inputs.exists(), copies.exists()) == (False, True, False)
    assert set(then.values()) == {(True, "none")}


def test_a_table_that_is_being_filled_or_new_is_no_leftover(postgres_socket: str) -> None:
    now = dt.datetime.now(dt.UTC)
    old_table = StagingTable("green_tripdata_2021_01_0123456789ab", now - dt.timedelta(3), False)
    assert is_leftover(old_table, {}, now)
    assert not is_leftover(StagingTable(old_table.name, old_table.staged_at, True), {}, now)
    assert not is_leftover(StagingTable(old_table.name, now, False), {}, now)
    assert not is_leftover(StagingTable(old_table.name, None, False), {}, now)


def test_a_file_of_the_server_that_no_table_owns_is_found(connection: Connection) -> None:
    connection.execute("CREATE TABLE own AS SELECT 1 AS one")
    base = Path(
        value(connection, "SELECT current_setting('data_directory') || '/base/' || oid"
                          " FROM pg_database WHERE datname = current_database()")
    )  # fmt: skip
    old(base / str(value(connection, "SELECT pg_relation_filenode('own')")))
    assert orphaned_files(connection) == OrphanedFiles(0, 0)
    orphan = base / "99999999"
    orphan.write_bytes(b"x" * 8192)
    assert orphaned_files(connection) == OrphanedFiles(0, 0), "it may be of an open transaction"
    old(orphan)
    assert orphaned_files(connection) == OrphanedFiles(1, 8192)
    orphan.unlink()

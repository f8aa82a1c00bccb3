"""Runs Airflow's CLI in the environment of this checkout, for bin/airflow."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

from dev.environment import airflow_environment
from dev.progress import progress

GRACE_SECONDS = 5
AIRFLOW = Path(sys.executable).with_name("airflow")


def main() -> None:
    with progress("preparing Airflow's database", to=sys.stderr):
        environment = airflow_environment()
        prepare(environment)
    command = [str(AIRFLOW), *sys.argv[1:]]
    if sys.argv[1:3] == ["dags", "test"]:
        raise SystemExit(run_until_terminated(command, environment))
    os.execve(AIRFLOW, command, environment)


def run_until_terminated(command: list[str], environment: dict[str, str]) -> int:
    """Run a command; SIGTERM ends it. ``dags test`` itself ignores SIGTERM after its first task."""
    with subprocess.Popen(command, env=environment) as child:

        def end(*_: object) -> None:
            child.terminate()
            try:
                child.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()

        signal.signal(signal.SIGTERM, end)
        while child.poll() is None:
            with suppress(KeyboardInterrupt):  # the child gets Ctrl-C too
                child.wait()
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def prepare(environment: dict[str, str]) -> None:
    """Before the first command: create the metadata database and add the DAGs to it.

    If the caller has configured a metadata database, it is not changed.
    """
    database = Path(environment["AIRFLOW_HOME"]) / "airflow.db"
    if database.exists() or str(database) not in environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]:
        return
    migrate(environment, database)
    add_dags(environment)


def migrate(environment: dict[str, str], database: Path) -> None:
    """With a write-ahead log, SQLite's readers and its one writer work at the same time."""
    database.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    _airflow(environment, "db", "migrate")


def add_dags(environment: dict[str, str]) -> None:
    _airflow(environment, "dags", "reserialize")


def _airflow(environment: dict[str, str], *words: str) -> None:
    subprocess.run(
        [str(AIRFLOW), *words], env=environment, check=True, capture_output=True, text=True
    )


if __name__ == "__main__":
    main()

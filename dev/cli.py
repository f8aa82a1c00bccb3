"""Runs Airflow's CLI in this checkout's environment, for bin/airflow."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from dev.environment import airflow_environment

AIRFLOW = Path(sys.executable).with_name("airflow")


def main() -> None:
    environment = airflow_environment()
    prepare(environment)
    os.execve(AIRFLOW, [str(AIRFLOW), *sys.argv[1:]], environment)


def prepare(environment: dict[str, str]) -> None:
    """Before the first command: make the metadata database and tell it the DAGs.

    A write-ahead log lets SQLite's readers and its one writer work at the same time. A metadata
    database of the caller's own is left alone.
    """
    database = Path(environment["AIRFLOW_HOME"]) / "airflow.db"
    if database.exists() or str(database) not in environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]:
        return
    database.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    for command in (["db", "migrate"], ["dags", "reserialize"]):
        subprocess.run(
            [str(AIRFLOW), *command], env=environment, check=True, capture_output=True, text=True
        )


if __name__ == "__main__":
    main()

"""Runs Airflow's CLI in the environment of this checkout, for bin/airflow."""

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
    """Before the first command: create the metadata database and add the DAGs to it.

    With a write-ahead log, SQLite's readers and its one writer work at the same time. If the caller
    has configured a metadata database, it is not changed.
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

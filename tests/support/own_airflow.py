"""An Airflow for a test's own use."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg


def a_warehouse(socket: str, name: str) -> str:
    """A new, empty database on the server, as an Airflow connection."""
    from dev import warehouse as server

    with psycopg.connect(host=socket, user=server.OWNER, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    return server.airflow_connection(socket, name)


@cache
def migrated_database() -> Path:
    """A metadata database without DAGs, made once: copying it takes a thousandth of the time."""
    from dev.cli import migrate
    from dev.environment import airflow_environment

    home = Path(tempfile.mkdtemp(prefix="test-airflow-"))
    atexit.register(shutil.rmtree, home)
    database = home / "airflow.db"
    migrate(airflow_environment(clean_environment(home)), database)
    return database


def clean_environment(home: Path, **settings: str) -> dict[str, str]:
    """What a test's Airflow may know of the caller's, and where it lives."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}
    ours = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW_CONN_TLC_POSTGRES": "{}",
        "AIRFLOW_VAR_TLC_LANDING": (home / "landing").as_uri(),
    }
    return {**own, **ours, **settings}


def prepared(home: Path, **settings: str) -> dict[str, str]:
    """The environment of commands, without a scheduler: its metadata database has all DAGs."""
    from dev.cli import add_dags
    from dev.environment import airflow_environment

    environment = airflow_environment(clean_environment(home, **settings))
    shutil.copy(migrated_database(), home)
    add_dags(environment)
    return environment


@contextmanager
def an_airflow(home: Path, **settings: str) -> Iterator[Any]:
    """A whole Airflow in a home of its own. Its DAG processor reads the DAGs once it runs, so unpause
    each before it is used.
    """
    from dev.environment import airflow_environment
    from dev.standalone import running_airflow

    # Tests change no DAG file, and reading all of them every 30 s takes a good part of a processor.
    often = {"AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600"}
    environment = airflow_environment(clean_environment(home, **often, **settings))
    shutil.copy(migrated_database(), home)
    # Its home is not used again, so nothing is lost where it has no time to end.
    with running_airflow(environment, port=0, end_seconds=1) as running:
        yield running

"""An Airflow for a test's own use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg


def a_warehouse(socket: str, name: str) -> str:
    """A new, empty database on the server, as an Airflow connection."""
    from dev import warehouse as server

    with psycopg.connect(host=socket, user=server.OWNER, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    return server.airflow_connection(socket, name)


@contextmanager
def an_airflow(home: Path, **settings: str) -> Iterator[Any]:
    """A whole Airflow in a home of its own, that knows nothing of the caller's."""
    from dev.environment import airflow_environment
    from dev.standalone import running_airflow

    own = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}
    ours = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW_VAR_TLC_LANDING": (home / "landing").as_uri(),
        # Tests change no DAG file, and reading all of them every 30 s takes a good part of a processor.
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",
    }
    with running_airflow(airflow_environment({**own, **ours, **settings}), port=0) as running:
        yield running

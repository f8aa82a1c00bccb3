"""The benchmarks' own embedded Postgres, reset before each measured run."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import HOME

if TYPE_CHECKING:
    from collections.abc import Iterator


STOCK = "stock settings"
TUNED = "postgresql.conf"


@contextmanager
def warehouse(kind: str) -> Iterator[str]:
    """The socket folder of a new server, with stock settings or this project's.

    Stock settings have one change: a larger max_wal_size, so that no checkpoint falls into a run.
    """
    from dev import warehouse as server

    HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME, prefix="warehouse-") as folder:
        Path(folder).chmod(0o755)  # the server runs as another user
        data = Path(folder) / "data"
        socket = server.start(data, settings=server.SETTINGS if kind == TUNED else None)
        try:
            if kind == STOCK:
                execute(socket, "ALTER SYSTEM SET max_wal_size = '8GB'")
                execute(socket, "SELECT pg_reload_conf()")
            yield socket
        finally:
            server.stop(data)


def clean_slate(socket: str) -> None:
    """Drop all tables; write the dirty pages of Postgres and of the kernel to disk."""
    execute(socket, "DROP SCHEMA IF EXISTS staging CASCADE")
    execute(socket, "DROP SCHEMA public CASCADE")
    execute(socket, "CREATE SCHEMA public")
    execute(socket, "CHECKPOINT")
    os.sync()


def execute(socket: str, statement: str) -> None:
    import psycopg

    from dev import warehouse as server

    with psycopg.connect(
        host=socket, user=server.OWNER, dbname=server.DATABASE, autocommit=True
    ) as connection:
        connection.execute(statement.encode())

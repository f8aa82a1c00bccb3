"""A savepoint of SQLAlchemy's on SQLite waits for another writer, and keeps one out."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from dev.metadata_sqlite import CONNECT_ARGS

pytestmark = pytest.mark.unit


def may_write_meanwhile(path: Path, arguments: Mapping[str, Any]) -> bool:
    """Whether another connection can begin to write after a savepoint that has only read."""
    engine = sa.create_engine(f"sqlite:///{path}", connect_args=dict(arguments))
    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    with engine.connect() as connection, connection.begin_nested():
        connection.execute(sa.text("SELECT count(*) FROM task")).scalar()
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        finally:
            other.close()
    return True


def test_a_savepoint_begins_as_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "airflow.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE task (id INTEGER)")
    connection.close()
    assert not may_write_meanwhile(path, CONNECT_ARGS)
    # If this fails, SQLAlchemy does it by itself and the module is no longer needed.
    assert may_write_meanwhile(path, {"timeout": 60})

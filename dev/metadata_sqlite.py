"""SQLite as the metadata database of a busy scheduler, on a developer's machine.

Airflow reads and then writes within savepoints. In SQLite, a transaction that began as a reader fails at
once with "database is locked" when it wants to write while another one writes, whatever its timeout. Only a
transaction that announces at its beginning that it will write waits.

So this depends on how SQLAlchemy talks to Python's sqlite3: that it passes ``factory`` on, makes cursors by
``connection.cursor()``, and sends the text ``SAVEPOINT …``. Tested on SQLAlchemy 2.0 and 2.1 with Python
3.11 (tests/unit/dev/test_metadata_sqlite.py). If one of these changes, Airflow works as without this module:
now and then a task or the scheduler fails with "database is locked", and is tried again.
"""

from __future__ import annotations

import sqlite3
from typing import Any


class WaitingCursor(sqlite3.Cursor):
    """Starts the transaction of a savepoint with BEGIN IMMEDIATE."""

    def execute(self, statement: str, *parameters: Any) -> sqlite3.Cursor:
        if statement.startswith("SAVEPOINT") and not self.connection.in_transaction:
            super().execute("BEGIN IMMEDIATE")
        return super().execute(statement, *parameters)


class WaitingConnection(sqlite3.Connection):
    def cursor(self, factory: Any = WaitingCursor) -> Any:
        return super().cursor(factory)


CONNECT_ARGS = {"factory": WaitingConnection, "isolation_level": "IMMEDIATE", "timeout": 60}

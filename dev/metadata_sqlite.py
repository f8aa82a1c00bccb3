"""SQLite as the metadata database of a busy scheduler.

Airflow reads and then writes within savepoints. In SQLite a transaction that began as a reader and
finds another writer in its way when it comes to write fails at once with "database is locked",
whatever its timeout: only a transaction that says at its beginning that it will write, waits.
"""

from __future__ import annotations

import sqlite3
from typing import Any


class WaitingCursor(sqlite3.Cursor):
    """Opens a savepoint's transaction as a writer's."""

    def execute(self, statement: str, *parameters: Any) -> sqlite3.Cursor:
        if statement.startswith("SAVEPOINT") and not self.connection.in_transaction:
            super().execute("BEGIN IMMEDIATE")
        return super().execute(statement, *parameters)


class WaitingConnection(sqlite3.Connection):
    def cursor(self, factory: Any = WaitingCursor) -> Any:
        return super().cursor(factory)


CONNECT_ARGS = {"factory": WaitingConnection, "isolation_level": "IMMEDIATE", "timeout": 60}

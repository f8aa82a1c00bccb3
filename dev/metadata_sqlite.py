"""SQLite as the metadata database of a busy scheduler.

Airflow first reads and then writes within savepoints. In SQLite, a transaction that starts with a read
and later writes while another writer is active fails at once with "database is locked"; its timeout
does not help. Only a transaction that starts with BEGIN IMMEDIATE waits for the other writer.
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

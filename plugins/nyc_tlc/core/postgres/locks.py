"""Locks: who merges a month, and who creates what several runs need.

A lock is a row of the table ``tlc_lock``, held until the transaction ends. Only a login that may
change that table can take one. Advisory locks are open to everyone who can connect, also read-only.
"""

from __future__ import annotations

import logging
import random
import time
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg import sql

from nyc_tlc.core.postgres.tables import CREATED_MEANWHILE, PostgresTable, exists

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

    from nyc_tlc.core.catalog import TripFile

log = logging.getLogger(__name__)

LOCKS = "tlc_lock"
# No reader queues behind a session that waits for a row, so this may be longer than for a table.
LOCK_TIMEOUT = "10s"
# Readers queue behind a session that waits for a table's exclusive lock, so it gives up soon.
READERS_WAIT = "400ms"
# A client that is gone, or frozen, in mid-transaction keeps its locks no longer than this.
IDLE_TIMEOUT = "5min"
LONGEST_WAIT_SECONDS = 3600.0
PAUSE_SECONDS = (0.5, 3.0)
LOG_SECONDS = 60.0

Result = TypeVar("Result")


def lock_month(connection: Connection[Any], schema: str, file: TripFile) -> None:
    """Until the transaction ends, nobody else merges this taxi's month."""
    _lock(connection, schema, f"month {file.taxi} {file.month}")


def lock_summary(connection: Connection[Any], schema: str, file: TripFile) -> None:
    """Until the transaction ends, nobody else summarises this taxi's month."""
    _lock(connection, schema, f"summary {file.taxi} {file.month}")


def lock_definitions(connection: Connection[Any], schema: str) -> None:
    """Until the transaction ends, nobody else creates the schema's ledger or a trips table."""
    _lock(connection, schema, "definitions")


def with_patience(attempt: Callable[[], Result]) -> Result:
    """Try again while another session holds a lock, for up to an hour.

    Each attempt is a short transaction of its own, and readers that queued behind it pass in the
    pause. Raises psycopg's LockNotAvailable after the last one.
    """
    begun = logged = time.monotonic()
    while True:
        try:
            return attempt()
        except psycopg.errors.LockNotAvailable as error:
            now = time.monotonic()
            if now - begun > LONGEST_WAIT_SECONDS:
                raise
            if logged == begun or now - logged > LOG_SECONDS:
                log.warning("Another session holds a lock (%s). Trying again.", error)
                logged = now
        time.sleep(random.uniform(*PAUSE_SECONDS))  # noqa: S311 - a jitter


def limit_lock_waits(connection: Connection[Any], timeout: str) -> None:
    """Until the transaction ends, a wait for a lock ends with LockNotAvailable after this time."""
    connection.execute("SELECT set_config('lock_timeout', %s, true)", [timeout])


def _lock(connection: Connection[Any], schema: str, name: str) -> None:
    table = _ensure_table(connection, schema).identifier
    limit_lock_waits(connection, LOCK_TIMEOUT)
    idle = "SELECT set_config('idle_in_transaction_session_timeout', %s, true)"
    connection.execute(idle, [IDLE_TIMEOUT])
    insert = sql.SQL("INSERT INTO {} (name) VALUES (%s) ON CONFLICT DO NOTHING").format(table)
    connection.execute(insert, [name])
    select = sql.SQL("SELECT name FROM {} WHERE name = %s FOR UPDATE").format(table)
    connection.execute(select, [name])


def _ensure_table(connection: Connection[Any], schema: str) -> PostgresTable:
    table = PostgresTable(schema, LOCKS)
    if not exists(connection, table):
        create = sql.SQL("CREATE TABLE IF NOT EXISTS {} (name text PRIMARY KEY)")
        try:
            with connection.transaction():
                connection.execute(create.format(table.identifier))
        except CREATED_MEANWHILE:
            log.debug("Another session created %s at the same moment", table)
    return table

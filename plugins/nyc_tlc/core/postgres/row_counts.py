"""How many rows a month's table has, without reading it where Postgres's own counters prove the number."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from nyc_tlc.core.postgres.sql import statement
from nyc_tlc.core.postgres.tables import count_rows

if TYPE_CHECKING:
    from psycopg import Connection

    from nyc_tlc.core.postgres.tables import PostgresTable

log = logging.getLogger(__name__)

# Before, the counters could lose changes.
EXACT_COUNTERS = 150000


def rows_now(connection: Connection[Any], table: PostgresTable, expected: int) -> int:
    """The table's rows: ``expected`` if as many were inserted and nothing was changed since, else counted.

    ``expected`` is what COPY stored in this table. After a crash, a restore or a failover the counters
    begin at 0, so the rows are counted. What another session changes is in the counters when its
    transaction has ended: mostly at once, ten seconds later at most.
    """
    if _is_untouched(connection, table, expected):
        return expected
    with connection.transaction(force_rollback=True):  # as in month_rows: keeps no lock
        rows = count_rows(connection, table)
    log.info("%s: counted %s rows", table, f"{rows:,}")
    return rows


def _is_untouched(connection: Connection[Any], table: PostgresTable, expected: int) -> bool:
    if not expected or connection.info.server_version < EXACT_COUNTERS:
        return False
    connection.execute("SELECT pg_stat_force_next_flush()")  # of what this session did itself
    asked = {"table": str(table), "rows": expected}
    found = connection.execute(statement("is_untouched"), asked).fetchone()
    return bool(found and found[0])

"""The planner's statistics of the whole trips table. Autovacuum makes those of the partitions only."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from nyc_tlc.core.postgres.sql import statement

if TYPE_CHECKING:
    from psycopg import Connection

    from nyc_tlc.core.postgres.tables import PostgresTable

log = logging.getLogger(__name__)

# From Postgres 18 on, ANALYZE ONLY samples rows of all partitions once, whatever their number. Earlier
# ones analyze each partition again as well, so they do it each time that the table has doubled.
ONLY_VERSION = 180000
GROWTH, GROWTH_WITHOUT_ONLY = 1.1, 2.0


def analyze_parent(connection: Connection[Any], trips: PostgresTable) -> None:
    """Make the statistics of a partitioned table where it has none or has grown or shrunk since.

    Waits for no lock. The month is merged by then, so a failure is only logged.
    """
    asked = {"table": str(trips)}
    [found] = connection.execute(statement("rows_analyzed"), asked).fetchall()
    rows_then, version, rows_now = found
    only = version >= ONLY_VERSION
    if not _changed(rows_then, rows_now, GROWTH if only else GROWTH_WITHOUT_ONLY):
        return
    query = sql.SQL("ANALYZE (SKIP_LOCKED) {} {}").format(
        sql.SQL("ONLY" if only else ""), trips.identifier
    )
    try:
        connection.execute(query)
    except psycopg.errors.QueryCanceled as error:
        log.warning("%s has no new statistics: %s", trips, error)


def _changed(then: float, now: float, factor: float) -> bool:
    """``then`` is -1 where the table was never analyzed."""
    return now > 0 and not then / factor < now < then * factor

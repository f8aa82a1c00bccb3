"""Makes a staging table fit to become a partition: it gets what its user added to the trips table.

ATTACH PARTITION makes missing indexes and foreign keys itself, but it holds its lock on the trips table
meanwhile: readers of every month wait for seconds. It refuses a table without the same constraints.
Whatever is on the staging table before is taken as it is, at once.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql
from psycopg.rows import class_row

from nyc_tlc.core.postgres.locks import lock_month
from nyc_tlc.core.postgres.server_errors import named_misfit
from nyc_tlc.core.postgres.sql import statement
from nyc_tlc.core.postgres.tables import PostgresTable, add_column, columns_of, exists, type_sql

if TYPE_CHECKING:
    from psycopg import Connection

    from nyc_tlc.core.catalog import TripFile

log = logging.getLogger(__name__)

# A foreign key comes last: it locks the other table against writers.
LAST = "FOREIGN KEY"
# On a partition these must have the same name as on the trips table, or the same column.
BY_NAME = ("NOT NULL", "CHECK")
WORK_MEMORY = "256MB"


@dataclass(frozen=True)
class TableObject:
    """An index, constraint or extended statistics of a table. ``has_statistics``: ANALYZE fills it."""

    kind: str
    name: str
    definition: str
    has_statistics: bool

    @property
    def identity(self) -> tuple[str, str, str]:
        """The same for the same object of another table."""
        return self.kind, self.definition, self.name if self.kind in BY_NAME else ""


def prepare_partition(
    connection: Connection[Any], trips: PostgresTable, staging: PostgresTable, file: TripFile
) -> None:
    """Build on the staging table what the trips table has. Locks nothing that a reader needs.

    Safe to repeat. Raises TableMismatchError where the month's rows break a constraint. In two
    transactions: a foreign key is checked without locking the other table.
    """
    for step in (_build, _validate):
        with connection.transaction(), named_misfit(trips):
            lock_month(connection, trips.schema, file)
            if exists(connection, staging):
                step(connection, trips, staging)


def objects_of(connection: Connection[Any], table: PostgresTable) -> list[TableObject]:
    """A table's indexes, constraints and extended statistics, in the order in which to make them.

    Postgres pairs equal indexes of two tables by their age, and an index must not take a key's place.
    """
    with connection.cursor(row_factory=class_row(TableObject)) as cursor:
        found = cursor.execute(statement("table_objects"), {"table": str(table)}).fetchall()
    return sorted(found, key=lambda each: each.kind == LAST)


def _build(connection: Connection[Any], trips: PostgresTable, staging: PostgresTable) -> None:
    ours, theirs = columns_of(connection, staging), columns_of(connection, trips)
    for name in [name for name in theirs if name not in ours]:
        add_column(connection, staging, theirs[name])
    there = {each.identity for each in objects_of(connection, staging)}
    missing = [each for each in objects_of(connection, trips) if each.identity not in there]
    connection.execute(
        sql.SQL("SET LOCAL maintenance_work_mem = {}").format(sql.Literal(WORK_MEMORY))
    )
    for each in missing:
        _create(connection, staging, trips, each)
    if any(each.has_statistics for each in missing):
        connection.execute(sql.SQL("ANALYZE {}").format(staging.identifier))


def _create(
    connection: Connection[Any], staging: PostgresTable, trips: PostgresTable, item: TableObject
) -> None:
    log.info("Building on %s: %s %s", staging, item.kind, item.definition or item.name)
    table, definition = staging.identifier, type_sql(item.definition)
    name = sql.Identifier(item.name)
    if item.kind == "NOT NULL":
        query = sql.SQL("ALTER TABLE {} ALTER {} SET NOT NULL").format(table, name)
    elif item.kind == "KEY":
        query = sql.SQL("ALTER TABLE {} ADD {}").format(table, definition)
    elif item.kind == "CHECK":
        query = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(table, name, definition)
    elif item.kind == LAST:
        query = sql.SQL("ALTER TABLE {} ADD {} {}").format(table, definition, _unchecked(item))
    elif item.kind == "STATISTICS":
        query = sql.SQL("CREATE STATISTICS {} {} FROM {}").format(
            _statistics_name(connection, staging, trips, item), definition, table
        )
    else:
        query = sql.SQL("CREATE {} ON {} {}").format(type_sql(item.kind), table, definition)
    connection.execute(query)


def _unchecked(foreign_key: TableObject) -> sql.SQL:
    """_validate checks it later; one that is not enforced (Postgres 18) is never checked."""
    return sql.SQL("" if foreign_key.definition.endswith(" NOT ENFORCED") else "NOT VALID")


def _statistics_name(
    connection: Connection[Any], staging: PostgresTable, trips: PostgresTable, item: TableObject
) -> sql.Identifier:
    """In the schema of the trips table, since it does not move with its table; unique by the table's oid."""
    [[oid]] = connection.execute("SELECT to_regclass(%s)::oid", [str(staging)]).fetchall()
    return sql.Identifier(trips.schema, f"{item.name[:40]}_{oid}")


def _validate(connection: Connection[Any], _trips: PostgresTable, staging: PostgresTable) -> None:
    unchecked = connection.execute(
        "SELECT conname FROM pg_constraint WHERE conrelid = to_regclass(%s) AND contype = 'f'"
        " AND pg_get_constraintdef(oid) LIKE '%% NOT VALID'",
        [str(staging)],
    ).fetchall()
    for (name,) in unchecked:
        connection.execute(
            sql.SQL("ALTER TABLE {} VALIDATE CONSTRAINT {}").format(
                staging.identifier, sql.Identifier(name)
            )
        )

"""The tables of the zones' names and shapes; all rows of one are replaced in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

from psycopg import sql

from nyc_tlc.core.postgres.copy import copying
from nyc_tlc.core.postgres.locks import lock_definitions
from nyc_tlc.core.postgres.server_errors import named_server_errors
from nyc_tlc.core.postgres.sql import statement
from nyc_tlc.core.postgres.tables import PostgresTable, ensure_schema, exists
from nyc_tlc.core.shapes import archive as shapes
from nyc_tlc.core.shapes.archive import ZoneShape
from nyc_tlc.core.zones import COLUMNS, ZONES, Zone

if TYPE_CHECKING:
    from psycopg import Connection


@named_server_errors("zones")
def load_zones(connection: Connection[Any], schema: str, zones: Sequence[Zone]) -> int:
    """Replace the table's rows with these zones; returns their number. Creates it on first use."""
    table = PostgresTable(schema, ZONES)
    create = statement("create_zones", zones=table.identifier)
    return _replace(connection, table, create, COLUMNS, zones)


@named_server_errors("shapes")
def load_shapes(connection: Connection[Any], schema: str, found: Sequence[ZoneShape]) -> int:
    """Replace the table's rows with these shapes; returns their number. Creates it on first use."""
    table = PostgresTable(schema, shapes.SHAPES)
    create = statement("create_shapes", shapes=table.identifier)
    return _replace(connection, table, create, shapes.COLUMNS, found)


def _replace(
    connection: Connection[Any],
    table: PostgresTable,
    create: sql.Composed,
    columns: Sequence[str],
    rows: Sequence[Zone] | Sequence[ZoneShape],
) -> int:
    ensure_schema(connection, table.schema)
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    copy_in = sql.SQL("COPY {} ({}) FROM STDIN").format(table.identifier, names)
    with connection.transaction():
        lock_definitions(connection, table.schema)
        connection.execute(create)
        connection.execute(sql.SQL("DELETE FROM {}").format(table.identifier))
        with copying(connection, copy_in) as copy:
            for row in rows:
                copy.write_row(astuple(row))
    return len(rows)


def read_zones_table(connection: Connection[Any], schema: str) -> set[Zone]:
    """The table's rows; empty where the table does not exist."""
    table = PostgresTable(schema, ZONES)
    if not exists(connection, table):
        return set()
    columns = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    rows = connection.execute(sql.SQL("SELECT {} FROM {}").format(columns, table.identifier))
    return {Zone(*row) for row in rows}

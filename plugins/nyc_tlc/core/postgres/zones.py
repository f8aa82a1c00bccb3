"""The zone lookup table; all rows are replaced in one transaction."""

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
from nyc_tlc.core.zones import COLUMNS, ZONES, Zone

if TYPE_CHECKING:
    from psycopg import Connection


@named_server_errors("zones")
def load_zones(connection: Connection[Any], schema: str, zones: Sequence[Zone]) -> int:
    """Replace the table's rows with these zones; returns their number. Creates it on first use."""
    ensure_schema(connection, schema)
    table = PostgresTable(schema, ZONES).identifier
    columns = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    copy_in = sql.SQL("COPY {} ({}) FROM STDIN").format(table, columns)
    with connection.transaction():
        lock_definitions(connection, schema)
        connection.execute(statement("create_zones", zones=table))
        connection.execute(sql.SQL("DELETE FROM {}").format(table))
        with copying(connection, copy_in) as copy:
            for zone in zones:
                copy.write_row(astuple(zone))
    return len(zones)


def read_zones_table(connection: Connection[Any], schema: str) -> set[Zone]:
    """The table's rows; empty where the table does not exist."""
    table = PostgresTable(schema, ZONES)
    if not exists(connection, table):
        return set()
    columns = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    rows = connection.execute(sql.SQL("SELECT {} FROM {}").format(columns, table.identifier))
    return {Zone(*row) for row in rows}

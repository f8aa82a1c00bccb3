"""``tlc_reject``: rows that cannot be read, unchanged from the file."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any

from psycopg import sql

from nyc_tlc.core.postgres.copy import copying
from nyc_tlc.core.postgres.locks import lock_definitions
from nyc_tlc.core.postgres.sql import statement
from nyc_tlc.core.postgres.tables import PostgresTable, ensure_schema, exists
from nyc_tlc.core.reader.rejects import MOST_KEPT

if TYPE_CHECKING:
    from psycopg import Connection

    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.reader.rejects import Reject

REJECTS = "tlc_reject"
COLUMNS = ("taxi", "file_month", "filename", "line", "column_name", "value", "reason", "raw")


def record_rejects(
    connection: Connection[Any],
    schema: str,
    file: TripFile,
    filename: str,
    rejects: Iterable[Reject],
    most: int = MOST_KEPT,
) -> int:
    """Replace the month's rejects with the file's; returns their number.

    Keeps the first ``most``; the others are only counted.
    """
    table = _ensure_table(connection, schema)
    month = (str(file.taxi), file.month.first_day)
    found = iter(rejects)
    with connection.transaction():
        forget_rejects(connection, schema, file)
        kept = _copy(connection, table, [*month, filename], islice(found, most))
    return kept + sum(1 for _ in found)


def forget_rejects(connection: Connection[Any], schema: str, file: TripFile) -> None:
    """Delete the rejects of earlier loads of this month."""
    table = PostgresTable(schema, REJECTS)
    if exists(connection, table):
        connection.execute(
            sql.SQL("DELETE FROM {} WHERE taxi = %s AND file_month = %s").format(table.identifier),
            [str(file.taxi), file.month.first_day],
        )


def _copy(
    connection: Connection[Any], table: PostgresTable, load: list[Any], rejects: Iterable[Reject]
) -> int:
    columns = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    count = 0
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(table.identifier, columns)
    with copying(connection, query) as copy:
        for reject in rejects:
            copy.write_row([*load, reject.line, *reject.texts])
            count += 1
    return count


def _ensure_table(connection: Connection[Any], schema: str) -> PostgresTable:
    ensure_schema(connection, schema)
    table = PostgresTable(schema, REJECTS)
    if not exists(connection, table):
        with connection.transaction():
            lock_definitions(connection, schema)
            connection.execute(statement("create_rejects", rejects=table.identifier))
    return table

"""Tables as Postgres has them: their definition from a contract, and what the catalog says of them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from nyc_tlc.core.contract.model import Column, ColumnType, Contract
from nyc_tlc.core.postgres.sql import statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg import Connection

log = logging.getLogger(__name__)

TYPES = {
    ColumnType.INTEGER: "integer",
    ColumnType.FLOAT: "double precision",
    ColumnType.TEXT: "text",
    ColumnType.TIMESTAMP: "timestamp without time zone",
}

LOAD_COLUMNS = {
    "unique_row_id": ("uuid", "Fingerprint of the row's content; rows that are alike share it."),
    "file_month": ("date", "First day of the month that the trip file is named for."),
    "filename": ("text", "The trip file that the row came from."),
}


@dataclass(frozen=True)
class Table:
    """A table's schema and name; ``str`` quotes both, as ``to_regclass`` wants them."""

    schema: str
    name: str

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)

    def __str__(self) -> str:
        return ".".join('"' + part.replace('"', '""') + '"' for part in (self.schema, self.name))


@dataclass(frozen=True)
class TableColumn:
    """``must_be_given``: NOT NULL, with no default. ``rules``: default, NOT NULL and so on, as SQL."""

    name: str
    type: str
    must_be_given: bool
    rules: str


def columns_of(connection: Connection[Any], table: Table) -> dict[str, TableColumn]:
    """A table's columns by name, in its order; empty where there is no such table."""
    rows = connection.execute(statement("table_columns"), {"table": str(table)}).fetchall()
    return {row[0]: TableColumn(*row) for row in rows}


def ensure_schema(connection: Connection[Any], schema: str) -> None:
    """Create a schema if missing; needs no right where it is there already."""
    if _has_schema(connection, schema):
        return
    create = sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema))
    try:
        with connection.transaction():
            connection.execute(create)
    except psycopg.errors.UniqueViolation:
        log.debug("Another session created the schema %s at the same moment", schema)


def _has_schema(connection: Connection[Any], schema: str) -> bool:
    query = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = %s)"
    found = connection.execute(query, [schema]).fetchone()
    return bool(found and found[0])


def exists(connection: Connection[Any], table: Table) -> bool:
    """Asked of the catalog's rows: to_regclass may answer from a cache older than a lock's wait."""
    query = (
        "SELECT EXISTS (SELECT FROM pg_class WHERE relname = %s AND relnamespace ="
        " (SELECT oid FROM pg_namespace WHERE nspname = %s))"
    )
    [[found]] = connection.execute(query, [table.name, table.schema]).fetchall()
    return bool(found)


def count_rows(connection: Connection[Any], table: Table) -> int:
    query = sql.SQL("SELECT count(*) FROM {}").format(table.identifier)
    [[count]] = connection.execute(query).fetchall()
    return int(count)


def column_types(contract: Contract) -> dict[str, str]:
    """Every column of a trips table with its type: the load's own first, then the contract's."""
    own = {name: kind for name, (kind, _) in LOAD_COLUMNS.items()}
    return own | {column.name: TYPES[column.type] for column in contract.columns}


def definitions(types: Iterable[tuple[str, str]]) -> sql.Composed:
    """``name type, …`` for CREATE TABLE."""
    return sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), type_sql(kind)) for name, kind in types
    )


def type_sql(kind: str) -> sql.SQL:
    """A type's name as SQL: names of this module, or what ``format_type`` printed."""
    return sql.SQL(kind)


def comment_on(connection: Connection[Any], table: Table, contract: Contract) -> None:
    """Write the contract's descriptions to a table and its columns."""
    texts = {name: text for name, (_, text) in LOAD_COLUMNS.items()}
    texts |= {column.name: column.comment for column in contract.columns}
    comment = sql.SQL("COMMENT ON TABLE {} IS {}").format(
        table.identifier, sql.Literal(contract.description)
    )
    connection.execute(comment)
    for name, text in texts.items():
        comment_on_column(connection, table, name, text)


def comment_on_column(connection: Connection[Any], table: Table, name: str, text: str) -> None:
    connection.execute(
        sql.SQL("COMMENT ON COLUMN {} IS {}").format(
            sql.Identifier(table.schema, table.name, name), sql.Literal(text)
        )
    )


def staged_columns(columns: Iterable[Column]) -> list[str]:
    """Names of what COPY sends: the id, then the contract's columns that the file has."""
    return ["unique_row_id", *(column.name for column in columns)]

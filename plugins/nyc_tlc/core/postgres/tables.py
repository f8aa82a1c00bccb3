"""Postgres tables: their definition from a contract, and what the system catalog says about them."""

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

# What "IF NOT EXISTS" may still raise: it does not see what another session has just begun to create.
CREATED_MEANWHILE = (
    psycopg.errors.UniqueViolation,
    psycopg.errors.DuplicateSchema,
    psycopg.errors.DuplicateTable,
    psycopg.errors.DuplicateObject,  # a table's row type
)

TYPES = {
    ColumnType.INTEGER: "integer",
    ColumnType.FLOAT: "double precision",
    ColumnType.TEXT: "text",
    ColumnType.TIMESTAMP: "timestamp without time zone",
}

LOAD_COLUMNS = {
    "unique_row_id": ("uuid", "Fingerprint of the row's content; identical rows share it."),
    "file_month": ("date", "First day of the month that the trip file is named for."),
    "filename": ("text", "The trip file that the row came from."),
}


@dataclass(frozen=True)
class PostgresTable:
    """A table's schema and name; ``str`` quotes both, as ``to_regclass`` expects."""

    schema: str
    name: str

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)

    def __str__(self) -> str:
        return ".".join('"' + part.replace('"', '""') + '"' for part in (self.schema, self.name))


@dataclass(frozen=True)
class TableColumn:
    """``must_be_given``: NOT NULL without a default. ``rules``: default, NOT NULL and so on, as SQL."""

    name: str
    type: str
    must_be_given: bool
    rules: str


def columns_of(connection: Connection[Any], table: PostgresTable) -> dict[str, TableColumn]:
    """A table's columns by name, in the table's order; empty if there is no such table."""
    rows = connection.execute(statement("table_columns"), {"table": str(table)}).fetchall()
    return {row[0]: TableColumn(*row) for row in rows}


def add_column(connection: Connection[Any], table: PostgresTable, column: TableColumn) -> None:
    """Add a column with its rules; a constant default rewrites no row."""
    connection.execute(
        sql.SQL("ALTER TABLE {} ADD {} {}").format(
            table.identifier, sql.Identifier(column.name), type_sql(column.type + column.rules)
        )
    )


def ensure_schema(connection: Connection[Any], schema: str) -> None:
    """Create a schema if it is missing; needs no rights if it exists."""
    if _has_schema(connection, schema):
        return
    create = sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema))
    try:
        with connection.transaction():
            connection.execute(create)
    except CREATED_MEANWHILE:
        log.debug("Another session created the schema %s at the same moment", schema)


def _has_schema(connection: Connection[Any], schema: str) -> bool:
    query = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = %s)"
    found = connection.execute(query, [schema]).fetchone()
    return bool(found and found[0])


def exists(connection: Connection[Any], table: PostgresTable) -> bool:
    """Reads the system catalog: after waiting for a lock, to_regclass may answer from an old cache."""
    query = (
        "SELECT EXISTS (SELECT FROM pg_class WHERE relname = %s AND relnamespace ="
        " (SELECT oid FROM pg_namespace WHERE nspname = %s))"
    )
    [[found]] = connection.execute(query, [table.name, table.schema]).fetchall()
    return bool(found)


def count_rows(connection: Connection[Any], table: PostgresTable) -> int:
    query = sql.SQL("SELECT count(*) FROM {}").format(table.identifier)
    [[count]] = connection.execute(query).fetchall()
    return int(count)


def column_types(contract: Contract) -> dict[str, str]:
    """All columns of a trips table with their types: the load's own first, then the contract's."""
    own = {name: kind for name, (kind, _) in LOAD_COLUMNS.items()}
    return own | {column.name: TYPES[column.type] for column in contract.columns}


def definitions(types: Iterable[tuple[str, str]]) -> sql.Composed:
    """``name type, …`` for CREATE TABLE."""
    return sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), type_sql(kind)) for name, kind in types
    )


def type_sql(kind: str) -> sql.SQL:
    """A type or definition as SQL; it comes from this package or from Postgres's own catalog."""
    return sql.SQL(kind)


def comment_on(connection: Connection[Any], table: PostgresTable, contract: Contract) -> None:
    """Write the contract's descriptions to a table and its columns."""
    texts = {name: text for name, (_, text) in LOAD_COLUMNS.items()}
    texts |= {column.name: column.comment for column in contract.columns}
    comment = sql.SQL("COMMENT ON TABLE {} IS {}").format(
        table.identifier, sql.Literal(contract.description)
    )
    connection.execute(comment)
    for name, text in texts.items():
        comment_on_column(connection, table, name, text)


def comment_on_column(
    connection: Connection[Any], table: PostgresTable, name: str, text: str
) -> None:
    connection.execute(
        sql.SQL("COMMENT ON COLUMN {} IS {}").format(
            sql.Identifier(table.schema, table.name, name), sql.Literal(text)
        )
    )


def staged_columns(columns: Iterable[Column]) -> list[str]:
    """The names of the columns that COPY sends: the id, then the contract's columns in the file."""
    return ["unique_row_id", *(column.name for column in columns)]

"""The merge into a user's own trips table (such as the course's): deletes rows, inserts rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from psycopg import sql

from nyc_tlc.core.errors import RowCountMismatchError, TableMismatchError
from nyc_tlc.core.postgres.server_errors import named_misfit
from nyc_tlc.core.postgres.stage import staging_table
from nyc_tlc.core.postgres.tables import (
    LOAD_COLUMNS,
    PostgresTable,
    TableColumn,
    column_types,
    columns_of,
    type_sql,
)

if TYPE_CHECKING:
    from psycopg import Connection

    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.contract.model import Contract
    from nyc_tlc.core.loads import StagedMonth

TEXTS = frozenset(("text", "character varying"))
NUMBERS = frozenset(("double precision", "numeric"))

# Types of their columns that a column of ours can go into. LOSSLESS of them store every value as it is;
# for the others, such as numeric(8,2), varchar(1) or timestamp(0), each value of the month is compared.
RECEIVERS = {
    "integer": NUMBERS | TEXTS | {"smallint", "integer", "bigint"},
    "double precision": NUMBERS | TEXTS,
    "text": TEXTS,
    "timestamp without time zone": TEXTS | {"timestamp without time zone"},
    "uuid": TEXTS | {"uuid"},
    "date": TEXTS | {"date"},
}
LOSSLESS = {
    "integer": {"integer", "bigint", "double precision", "numeric", "text"},
    "double precision": {"double precision"},
    "text": {"text", "character varying"},
    "timestamp without time zone": {"timestamp without time zone"},
    "uuid": {"uuid", "text"},
    "date": {"date"},
}


def replace_rows(
    connection: Connection[Any],
    trips: PostgresTable,
    staged: StagedMonth,
    file: TripFile,
    contract: Contract,
) -> None:
    """Delete the rows of every file of this month, insert the staged ones."""
    names = _columns_to_insert(connection, trips, staged, contract, ["filename"])
    connection.execute(
        sql.SQL("DELETE FROM {} WHERE filename = ANY(%s)").format(trips.identifier),
        [list(file.filenames)],
    )
    with named_misfit(trips):
        inserted = connection.execute(_insert(trips, staged, names)).rowcount
    if inserted != staged.rows:
        raise RowCountMismatchError(
            f"{staged.rows:,} rows are staged, but {trips} accepted {inserted:,}. A rule or trigger "
            "on the table may drop rows. Nothing was changed."
        )


def insert_missing_rows(
    connection: Connection[Any], trips: PostgresTable, staged: StagedMonth, contract: Contract
) -> None:
    """Insert the staged rows whose unique_row_id the trips table does not have."""
    names = _columns_to_insert(connection, trips, staged, contract, ["unique_row_id", "filename"])
    missing = sql.SQL(
        " WHERE NOT EXISTS (SELECT FROM {} AS trips"
        " WHERE trips.unique_row_id::text = staged.unique_row_id::text)"
    ).format(trips.identifier)
    with named_misfit(trips):
        connection.execute(_insert(trips, staged, names) + missing)


def _insert(trips: PostgresTable, staged: StagedMonth, names: list[str]) -> sql.Composed:
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    return sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} AS staged").format(
        trips.identifier, columns, columns, staging_table(staged).identifier
    )


def _columns_to_insert(
    connection: Connection[Any],
    trips: PostgresTable,
    staged: StagedMonth,
    contract: Contract,
    needed: list[str],
) -> list[str]:
    """The load's own columns, if the table has them, and all columns of the file.

    Raises TableMismatchError with each column that is missing, needs a value, or would change values.
    """
    theirs = columns_of(connection, trips)
    own = [name for name in LOAD_COLUMNS if name in theirs]
    names = [*own, *staged.columns]
    types = column_types(contract)
    wrong = [f"{name} is missing" for name in [*needed, *staged.columns] if name not in theirs]
    wrong += [
        f"{name} is {theirs[name].type} ({', '.join(sorted(RECEIVERS[types[name]]))} expected)"
        for name in names
        if name in theirs and _kind(theirs[name].type) not in RECEIVERS[types[name]]
    ]
    wrong += [
        f"{name} is required, but no file has it"
        for name, column in theirs.items()
        if column.must_be_given and name not in names
    ]
    wrong = wrong or _losses(connection, trips, staged, theirs, types, names)
    if wrong:
        raise TableMismatchError(
            f"{trips} is your own table and does not fit: {'; '.join(wrong)}. Change it with ALTER "
            "TABLE, or rename it; the next load creates a new table."
        )
    return names


def _kind(column_type: str) -> str:
    """A type without its limits: ``numeric`` for ``numeric(8,2)``."""
    return re.sub(r"\(.*?\)", "", column_type)


def _losses(
    connection: Connection[Any],
    trips: PostgresTable,
    staged: StagedMonth,
    theirs: dict[str, TableColumn],
    types: dict[str, str],
    names: list[str],
) -> list[str]:
    """The columns that would store another value than the file has, with the number of such values.

    Postgres rounds to numeric(8,2), and to 15 digits for numeric, without a word.
    """
    narrow = [name for name in names if theirs[name].type not in LOSSLESS[types[name]]]
    if not narrow:
        return []
    counts = sql.SQL(", ").join(_changed(name, theirs[name].type, types[name]) for name in narrow)
    query = sql.SQL("SELECT {} FROM {}").format(counts, staging_table(staged).identifier)
    with named_misfit(trips):
        [changed] = connection.execute(query).fetchall()
    return [
        f"{name} is {theirs[name].type}, which would change {count:,} values"
        for name, count in zip(narrow, changed, strict=True)
        if count
    ]


def _changed(name: str, theirs: str, ours: str) -> sql.Composed:
    """Counts the values that are not the same after a way there and back."""
    return sql.SQL("count(*) FILTER (WHERE {0}::{1}::{2} IS DISTINCT FROM {0})").format(
        sql.Identifier(name), type_sql(theirs), type_sql(ours)
    )

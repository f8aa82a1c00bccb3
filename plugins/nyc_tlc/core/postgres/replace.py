"""The merge into a user's own trips table (such as the course's): deletes rows, inserts rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from nyc_tlc.core.errors import RowCountMismatchError, TableMismatchError
from nyc_tlc.core.postgres.server_errors import named_misfit
from nyc_tlc.core.postgres.stage import staging_table
from nyc_tlc.core.postgres.tables import LOAD_COLUMNS, PostgresTable, column_types, columns_of

if TYPE_CHECKING:
    from psycopg import Connection

    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.contract.model import Contract
    from nyc_tlc.core.loads import StagedMonth

TEXTS = frozenset(("text", "character varying"))
NUMBERS = frozenset(("double precision", "numeric"))

# Column types that can store a column of ours without loss. Postgres refuses values that are too long.
RECEIVERS = {
    "integer": NUMBERS | TEXTS | {"smallint", "integer", "bigint"},
    "double precision": NUMBERS | TEXTS,
    "text": TEXTS,
    "timestamp without time zone": TEXTS | {"timestamp without time zone"},
    "uuid": TEXTS | {"uuid"},
    "date": TEXTS | {"date"},
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

    Raises TableMismatchError with each column that is missing, too narrow, or needs a value.
    """
    theirs = columns_of(connection, trips)
    own = [name for name in LOAD_COLUMNS if name in theirs]
    names = [*own, *staged.columns]
    types = column_types(contract)
    wrong = [f"{name} is missing" for name in [*needed, *staged.columns] if name not in theirs]
    wrong += [
        f"{name} is {theirs[name].type} ({', '.join(sorted(RECEIVERS[types[name]]))} expected)"
        for name in names
        if name in theirs and theirs[name].type.split("(")[0] not in RECEIVERS[types[name]]
    ]
    wrong += [
        f"{name} is required, but no file has it"
        for name, column in theirs.items()
        if column.must_be_given and name not in names
    ]
    if wrong:
        raise TableMismatchError(
            f"{trips} is your own table and does not fit: {'; '.join(wrong)}. Change it with ALTER "
            "TABLE, or rename it; the next load creates a new table."
        )
    return names

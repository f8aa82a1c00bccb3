"""The merge of a trips table partitioned by the file's month: the staging table becomes the partition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from nyc_tlc.core.errors import TableMismatchError
from nyc_tlc.core.postgres.locks import READERS_WAIT, limit_lock_waits
from nyc_tlc.core.postgres.server_errors import named_misfit
from nyc_tlc.core.postgres.stage import staging_table
from nyc_tlc.core.postgres.tables import (
    PostgresTable,
    add_column,
    columns_of,
    comment_on_column,
    exists,
)
from nyc_tlc.core.postgres.trips import partition_of

if TYPE_CHECKING:
    from psycopg import Connection

    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.contract.model import Contract
    from nyc_tlc.core.loads import StagedMonth

# Once a merge has the trips table, it waits still shorter for the other tables that it needs: the old
# partition, and those that foreign keys refer to. No reader waits a second for all of them together.
NEXT_LOCK_WAIT = "100ms"


def exchange_partition(
    connection: Connection[Any],
    trips: PostgresTable,
    staged: StagedMonth,
    file: TripFile,
    contract: Contract,
) -> int:
    """Attach the staging table as the month's partition, replacing the old one; returns its rows.

    Moves no row and builds nothing: prepare_partition has. A first load locks out no reader; replacing
    a month waits for the readers of the trips table, READERS_WAIT at most: then try again.
    """
    old = partition_of(connection, trips, file)
    _lock(connection, trips, exclusive=old is not None)
    with named_misfit(trips):
        _align_columns(connection, trips, staged, contract)
        if old:
            connection.execute(sql.SQL("DROP TABLE {}").format(old.identifier))
        partition = _move(
            connection, staging_table(staged), PostgresTable(trips.schema, file.partition)
        )
        connection.execute(
            sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES IN ({})").format(
                trips.identifier, partition.identifier, sql.Literal(file.month.first_day)
            )
        )
    return staged.rows


def _lock(connection: Connection[Any], trips: PostgresTable, *, exclusive: bool) -> None:
    """The whole lock at once: two merges that came by steps could wait for one another.

    ONLY, for the partitions of other months are no business of this merge.
    """
    mode = "ACCESS EXCLUSIVE" if exclusive else "SHARE UPDATE EXCLUSIVE"
    limit_lock_waits(connection, READERS_WAIT)
    connection.execute(
        sql.SQL("LOCK TABLE ONLY {} IN {} MODE").format(trips.identifier, sql.SQL(mode))
    )
    limit_lock_waits(connection, NEXT_LOCK_WAIT)


def _align_columns(
    connection: Connection[Any], trips: PostgresTable, staged: StagedMonth, contract: Contract
) -> None:
    """Give each side the columns that only the other has, by their rules; a constant rewrites none.

    A trips table older than a contract's newest column gains it here, with its description.
    """
    ours, theirs = columns_of(connection, staging_table(staged)), columns_of(connection, trips)
    different = [
        f"{name} is {theirs[name].type}, expected {column.type}"
        for name, column in ours.items()
        if name in theirs and theirs[name].type != column.type
    ]
    if different:
        raise TableMismatchError(
            f"{trips} has columns of other types than its contract: {'; '.join(different)}. "
            "Change them with ALTER TABLE, or rename the table so that a new one is made."
        )
    for name in [name for name in ours if name not in theirs]:
        add_column(connection, trips, ours[name])
        comment_on_column(connection, trips, name, contract.column(name).comment)
    for name in [name for name in theirs if name not in ours]:
        add_column(connection, staging_table(staged), theirs[name])


def _move(
    connection: Connection[Any], staging: PostgresTable, partition: PostgresTable
) -> PostgresTable:
    """Renamed after the move: in the staging schema the partition's name may be taken."""
    if exists(connection, partition):
        raise TableMismatchError(
            f"{partition} exists, but is not a partition of the trips table. Rename or drop it, so "
            "that the month's partition can have its name."
        )
    schema, name = sql.Identifier(partition.schema), sql.Identifier(partition.name)
    connection.execute(sql.SQL("ALTER TABLE {} SET SCHEMA {}").format(staging.identifier, schema))
    moved = sql.Identifier(partition.schema, staging.name)
    connection.execute(sql.SQL("ALTER TABLE {} RENAME TO {}").format(moved, name))
    return partition

"""What runs that ended badly left on the server: staging tables, and files that no table owns."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import class_row

from nyc_tlc.core.postgres.sql import statement

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True)
class StagingTable:
    """``staged_at``: None for a table of an older version."""

    name: str
    staged_at: dt.datetime | None
    is_being_filled: bool


@dataclass(frozen=True)
class OrphanedFiles:
    files: int
    bytes: int


def staging_tables(connection: Connection[Any], schema: str) -> list[StagingTable]:
    """The runs' staging tables; tables with other names are not ours."""
    with connection.cursor(row_factory=class_row(StagingTable)) as cursor:
        return cursor.execute(statement("staging_tables"), {"staging": schema}).fetchall()


def orphaned_files(connection: Connection[Any]) -> OrphanedFiles | None:
    """None where the login may not list the server's files."""
    try:
        with connection.cursor(row_factory=class_row(OrphanedFiles)) as cursor:
            return cursor.execute(statement("orphaned_files")).fetchone()
    except psycopg.errors.InsufficientPrivilege:
        return None

"""What a load needs to know about the server: version, rights, clock, size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from nyc_tlc.core.catalog import Taxi
from nyc_tlc.core.ledger import LEDGER
from nyc_tlc.core.postgres.sql import statement

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True)
class Health:
    """``clock``: the server's time, in seconds since 1970. ``data_directory``: None if the login may
    not read it. ``tables_of_others``: our tables whose owner is a role that the login is not in.
    """

    version_number: int
    version: str
    database: str
    login: str
    clock: float
    database_bytes: int
    may_create_schemas: bool
    may_create_in_schema: bool
    may_create_in_staging: bool
    has_staging: bool
    data_directory: str | None
    tables_of_others: list[str]
    takes_writes: bool = True


def health(connection: Connection[Any], schema: str, staging: str = "staging") -> Health:
    tables = [LEDGER, "tlc_reject", *(taxi.trips_table for taxi in Taxi)]
    with connection.cursor(row_factory=class_row(Health)) as cursor:
        asked = {"schema": schema, "staging": staging, "tables": tables}
        [found] = cursor.execute(statement("health"), asked).fetchall()
    return found

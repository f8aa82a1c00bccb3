"""The monthly summary: trips by day and zone; a taxi's month is replaced in one transaction.

Each month has the id of the load it was made from, which shows missing and outdated months.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql

from nyc_tlc.core.errors import TableMissingError
from nyc_tlc.core.postgres.ledger import latest_load, stale_months
from nyc_tlc.core.postgres.locks import lock_definitions, lock_summary
from nyc_tlc.core.postgres.server_errors import named_server_errors
from nyc_tlc.core.postgres.tables import PostgresTable, exists
from nyc_tlc.core.postgres.trips import of_month, total_of

if TYPE_CHECKING:
    from psycopg import Connection

    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.contract.model import Contract

SUMMARY = "trip_summary"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SummarySql:
    """The statements; their ``{names}`` differ between taxis. See ``dags/sql``."""

    create: str
    summarise: str


@named_server_errors("summary")
def unsummarised_months(
    connection: Connection[Any], schema: str, statements: SummarySql
) -> list[TripFile]:
    """The months whose newest load is not in the summary, in order of taxi and month."""
    summary = PostgresTable(schema, SUMMARY)
    _ensure(connection, summary, statements.create)
    return stale_months(connection, schema, summary.identifier)


@named_server_errors("summary")
def summarise(
    connection: Connection[Any],
    schema: str,
    file: TripFile,
    contract: Contract,
    statements: SummarySql,
) -> int:
    """Replace the rows of this taxi's month in the summary; returns their number.

    Raises TableMissingError if there is no trips table.
    """
    trips, summary = PostgresTable(schema, file.taxi.trips_table), PostgresTable(schema, SUMMARY)
    if not exists(connection, trips):
        raise TableMissingError(
            f"The table {trips} does not exist. Load a {file.taxi} month first."
        )
    _ensure(connection, summary, statements.create)
    load = latest_load(connection, schema, file)
    month = {
        "taxi": str(file.taxi),
        "month": file.month.first_day,
        "load_id": load and load.load_id,
    }
    delete = sql.SQL("DELETE FROM {} WHERE taxi = %(taxi)s AND file_month = %(month)s")
    insert = sql.SQL(statements.summarise).format(
        summary=summary.identifier,
        trips=trips.identifier,
        pickup=sql.Identifier(contract.pickup),
        revenue=total_of(contract.revenue),
        distance=total_of([contract.distance] if contract.distance else []),
        tip=total_of([contract.tip] if contract.tip else []),
        of_month=of_month(connection, trips, file),
    )
    with connection.transaction():
        lock_summary(connection, schema, file)
        connection.execute(delete.format(summary.identifier), month)
        rows = connection.execute(insert, month).rowcount
    log.info("%s %s: %s rows in %s", file.taxi, file.month, f"{rows:,}", summary)
    return rows


def _ensure(connection: Connection[Any], summary: PostgresTable, create: str) -> None:
    if exists(connection, summary):
        return
    with connection.transaction():
        lock_definitions(connection, summary.schema)
        connection.execute(sql.SQL(create).format(summary=summary.identifier))

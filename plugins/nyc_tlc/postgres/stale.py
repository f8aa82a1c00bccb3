"""What is made of the trips tables a month at a time: which months of it are missing or out of date.

By the ledger, not by what Airflow tells: it starts one run for asset events that come close together,
and leaves events out.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from psycopg import sql

from nyc_tlc.catalog import TripFile
from nyc_tlc.postgres.ledger import ensure_ledger
from nyc_tlc.postgres.server_errors import named_server_errors
from nyc_tlc.postgres.sql import statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg import Connection

    from nyc_tlc.catalog import Month, Taxi


@named_server_errors("stale months")
def stale_months(connection: Connection[Any], schema: str, made: sql.Composable) -> list[TripFile]:
    """The months whose newest load is not among those that something was made of, by taxi and month.

    ``made``: a table with taxi, file_month and load_id, or ``made_of``.
    """
    ledger = ensure_ledger(connection, schema)
    query = statement("stale_months", ledger=ledger.identifier, made=made)
    return [TripFile.of(taxi, month) for taxi, month in connection.execute(query).fetchall()]


def made_of(loads: Iterable[tuple[Taxi, Month, int]]) -> sql.Composable:
    """What was made outside of the warehouse, and of which load, as a relation."""
    rows = [
        {"taxi": taxi, "file_month": str(month.first_day), "load_id": load_id}
        for taxi, month, load_id in loads
    ]
    made = statement("made_of", rows=sql.Literal(json.dumps(rows)))
    return sql.SQL("({})").format(made)

"""Checks the staged rows before they become visible. Odd rows are counted, never dropped."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from psycopg import sql

from nyc_tlc.core.loads import Oddities, StagedMonth, require_all_rows
from nyc_tlc.core.postgres.server_errors import named_server_errors
from nyc_tlc.core.postgres.sql import statement
from nyc_tlc.core.postgres.stage import require_staging, staging_table
from nyc_tlc.core.postgres.tables import count_rows

if TYPE_CHECKING:
    from psycopg import Connection

    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.contract.model import Contract
    from nyc_tlc.core.landing.landed import LandedFile


log = logging.getLogger(__name__)

WORK_MEMORY = "256MB"


@named_server_errors("check")
def check_rows(
    connection: Connection[Any], staged: StagedMonth, landed: LandedFile, file: TripFile
) -> int:
    """Count the staged rows.

    Raises RowCountMismatchError if rows are missing, StagingMissingError if the table is.
    """
    table = staging_table(staged)
    require_staging(connection, table)
    rows = count_rows(connection, table)
    require_all_rows(file, landed, staged, rows)
    log.info("%s: all %s rows are staged or rejected", file.name, f"{landed.rows:,}")
    return rows


@named_server_errors("check")
def count_oddities(
    connection: Connection[Any], staged: StagedMonth, file: TripFile, contract: Contract
) -> Oddities:
    """Count the staged rows and the odd ones; raises StagingMissingError if the table is missing.

    Also runs ANALYZE; the table keeps its statistics when it becomes a partition.
    """
    table = staging_table(staged)
    require_staging(connection, table)
    query = statement(
        "check_staging",
        staging=table.identifier,
        outside_month=_outside_month(file, contract),
        negative_total=_test("{} < 0", contract.total),
        null_vendor=_test("{} IS NULL", contract.vendor),
    )
    with connection.transaction():
        connection.execute(sql.SQL("SET LOCAL work_mem = {}").format(sql.Literal(WORK_MEMORY)))
        # Nearly all ids are different, so a parallel sort is faster than a hash table.
        connection.execute("SET LOCAL enable_hashagg = off")
        [counts] = connection.execute(query).fetchall()
    oddities = Oddities(*map(int, counts))
    connection.execute(sql.SQL("ANALYZE {}").format(table.identifier))
    log.info("%s: %s", file.name, oddities)
    return oddities


def _outside_month(file: TripFile, contract: Contract) -> sql.Composed:
    return sql.SQL("{column} < {first} OR {column} >= {next}").format(
        column=sql.Identifier(contract.pickup),
        first=sql.Literal(file.month.first_day),
        next=sql.Literal(file.month.shift(1).first_day),
    )


def _test(test: str, column: str | None) -> sql.Composable:
    """A test of a column; FALSE if the taxi does not have the column."""
    if column is None:
        return sql.SQL("FALSE")
    return sql.SQL(test).format(sql.Identifier(column))

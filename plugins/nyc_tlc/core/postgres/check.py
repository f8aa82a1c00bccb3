"""Check: what the staged rows are like, before they become visible. Odd rows are counted, never dropped."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from psycopg import sql

from nyc_tlc.core.errors import RowCountMismatchError
from nyc_tlc.core.loads import Oddities
from nyc_tlc.core.postgres.server_errors import named_server_errors
from nyc_tlc.core.postgres.sql import statement
from nyc_tlc.core.postgres.stage import StagedTable, require_staging
from nyc_tlc.core.postgres.tables import count_rows

if TYPE_CHECKING:
    from psycopg import Connection

    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.contract.model import Contract


log = logging.getLogger(__name__)

WORK_MEMORY = "256MB"


def check(
    connection: Connection[Any],
    staged: StagedTable,
    rows_in_file: int,
    file: TripFile,
    contract: Contract,
) -> Oddities:
    """Both checks, one after the other; Airflow runs them side by side."""
    check_rows(connection, staged, rows_in_file, file)
    return count_oddities(connection, staged, file, contract)


@named_server_errors("check")
def check_rows(
    connection: Connection[Any], staged: StagedTable, rows_in_file: int, file: TripFile
) -> int:
    """Count the staged rows; raises RowCountMismatchError where some are missing, StagingMissingError where
    the table is.
    """
    require_staging(connection, staged.table)
    rows = count_rows(connection, staged.table)
    if rows + staged.rejected != rows_in_file:
        raise RowCountMismatchError(
            f"{file.name} has {rows_in_file:,} rows, but {rows:,} are in {staged.table} and "
            f"{staged.rejected:,} in tlc_reject. The trips table is as before. Clear the stage "
            "task to try again."
        )
    log.info("%s: all %s rows are staged or rejected", file.name, f"{rows_in_file:,}")
    return rows


@named_server_errors("check")
def count_oddities(
    connection: Connection[Any], staged: StagedTable, file: TripFile, contract: Contract
) -> Oddities:
    """Count the staged rows and the odd ones; raises StagingMissingError where the table is.

    Also gathers the table's statistics, which stay with it when it becomes a partition.
    """
    require_staging(connection, staged.table)
    query = statement(
        "check_staging",
        staging=staged.table.identifier,
        outside_month=_outside_month(file, contract),
        negative_total=_test("{} < 0", contract.total),
        null_vendor=_test("{} IS NULL", contract.vendor),
    )
    with connection.transaction():
        connection.execute(sql.SQL("SET LOCAL work_mem = {}").format(sql.Literal(WORK_MEMORY)))
        # Ids are nearly all different: sorting them, side by side, is faster than a hash of each.
        connection.execute("SET LOCAL enable_hashagg = off")
        [counts] = connection.execute(query).fetchall()
    report = Oddities(*map(int, counts))
    connection.execute(sql.SQL("ANALYZE {}").format(staged.table.identifier))
    log.info("%s: %s", file.name, report)
    return report


def _outside_month(file: TripFile, contract: Contract) -> sql.Composed:
    return sql.SQL("{column} < {first} OR {column} >= {next}").format(
        column=sql.Identifier(contract.pickup),
        first=sql.Literal(file.month.first_day),
        next=sql.Literal(file.month.shift(1).first_day),
    )


def _test(test: str, column: str | None) -> sql.Composable:
    """A test of a column, or FALSE for a taxi without such a column."""
    if column is None:
        return sql.SQL("FALSE")
    return sql.SQL(test).format(sql.Identifier(column))

"""Checks the staged rows before they become visible. Odd rows are counted, never dropped."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from psycopg import sql

from nyc_tlc.core.errors import StagingMissingError
from nyc_tlc.core.loads import Oddities, StagedMonth, require_all_rows
from nyc_tlc.core.postgres.server_errors import named_server_errors
from nyc_tlc.core.postgres.stage import require_staging, staging_table
from nyc_tlc.core.postgres.tables import count_rows

if TYPE_CHECKING:
    from psycopg import Connection

    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.landing.landed import LandedFile


log = logging.getLogger(__name__)


@named_server_errors("check")
def check_rows(
    connection: Connection[Any], staged: StagedMonth, landed: LandedFile, file: TripFile
) -> int:
    """Count the staged rows, which must be all of the file's that are not rejects.

    Raises RowCountMismatchError if rows are missing, StagingMissingError if the table is.
    """
    table = staging_table(staged)
    require_staging(connection, table)
    rows = count_rows(connection, table)
    require_all_rows(file, landed, staged, rows)
    log.info("%s: all %s rows are staged or rejected", file.name, f"{landed.rows:,}")
    return rows


@named_server_errors("check")
def check_oddities(connection: Connection[Any], staged: StagedMonth, file: TripFile) -> Oddities:
    """The counts that the stage step made of the rows it sent; raises StagingMissingError.

    Also runs ANALYZE; the table keeps its statistics when it becomes a partition.
    """
    table = staging_table(staged)
    require_staging(connection, table)
    if staged.oddities is None:
        raise StagingMissingError(
            f"{table} was filled by an older version, which did not count the odd rows. Clear the stage "
            "task; it and the tasks after it then run again."
        )
    connection.execute(sql.SQL("ANALYZE {}").format(table.identifier))
    oddities = Oddities(**staged.oddities)
    log.info("%s: %s", file.name, oddities)
    return oddities

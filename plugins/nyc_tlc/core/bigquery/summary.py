"""The monthly summary in BigQuery: the columns and the rows of the one in Postgres."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nyc_tlc.core.bigquery.ledger import ensure_ledger, latest_load
from nyc_tlc.core.bigquery.sql import statement
from nyc_tlc.core.catalog import Month, Taxi, TripFile
from nyc_tlc.core.errors import TableMissingError
from nyc_tlc.core.parity import SummaryFacts

if TYPE_CHECKING:
    from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse
    from nyc_tlc.core.contract.model import Contract
    from nyc_tlc.core.summary import SummarySql

log = logging.getLogger(__name__)


def unsummarised_months(warehouse: BigQueryWarehouse, statements: SummarySql) -> list[TripFile]:
    """The months whose newest load is not in the summary, in order of taxi and month."""
    ensure_ledger(warehouse)
    place = warehouse.place
    warehouse.query(statements.create.format(summary=place.summary.quoted))
    sql = statement("stale_months", ledger=place.ledger.quoted, summary=place.summary.quoted)
    return [TripFile.of(row.taxi, row.month) for row in warehouse.query(sql)]


def summarise(
    warehouse: BigQueryWarehouse, file: TripFile, contract: Contract, statements: SummarySql
) -> int:
    """Replace the rows of this taxi's month in the summary; returns their number.

    Raises TableMissingError if there is no trips table.
    """
    trips, summary = warehouse.place.trips(file.taxi), warehouse.place.summary
    if warehouse.find(trips) is None:
        raise TableMissingError(
            f"The table {trips} does not exist. Load a {file.taxi} month first."
        )
    warehouse.query(statements.create.format(summary=summary.quoted))
    load = latest_load(warehouse, file)
    sql = statements.summarise.format(
        summary=summary.quoted,
        trips=trips.quoted,
        pickup=contract.pickup,
        revenue=total_of(contract.revenue),
        distance=total_of([contract.distance] if contract.distance else []),
        tip=total_of([contract.tip] if contract.tip else []),
    )
    month = {"taxi": str(file.taxi), "file_month": file.month.first_day}
    [row] = warehouse.query(sql, **month, load_id=load and load.load_id)
    log.info("%s %s: %s rows in %s", file.taxi, file.month, f"{row.summary_rows:,}", summary)
    return int(row.summary_rows)


def total_of(columns: Sequence[str]) -> str:
    """The sum of these columns of a row of the table alias ``trip``; NULL if all of them are."""
    if not columns:
        return "CAST(NULL AS FLOAT64)"
    names = [f"trip.{name}" for name in columns]
    if len(names) == 1:
        return names[0]
    terms = " + ".join(f"COALESCE({name}, 0)" for name in names)
    return f"IF(COALESCE({', '.join(names)}) IS NULL, NULL, {terms})"


def summary_facts(
    warehouse: BigQueryWarehouse, taxi: Taxi, first: Month, last: Month
) -> list[SummaryFacts]:
    """Figures of those months of the summary; empty if there is no summary."""
    summary = warehouse.place.summary
    if warehouse.find(summary) is None:
        return []
    span = {"first_month": first.first_day, "last_month": last.first_day}
    rows = warehouse.query(
        statement("summary_facts", summary=summary.quoted), taxi=str(taxi), **span
    )
    return [SummaryFacts(Month.of(row[0]), *row.values()[1:]) for row in rows]

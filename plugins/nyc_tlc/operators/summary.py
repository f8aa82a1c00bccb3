"""What is made from the trips tables: the summary of a month."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from nyc_tlc.core.catalog import Taxi, TripFile
from nyc_tlc.core.errors import TlcError
from nyc_tlc.operators.base import (
    BigQueryOperator,
    PostgresOperator,
    TaxiOperator,
    asked_month,
)

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context


def summarise_each(
    files: Sequence[TripFile],
    summarise: Callable[[TripFile], int],
    odd: type[Exception],
    log: Any,
) -> dict[str, int]:
    """How many months, and the summary's rows of them.

    A month that cannot be summarised (TlcError, or ``odd``: an error of the warehouse's library) does not
    stop the others, but its error is raised in the end.
    """
    rows = 0
    failed: dict[TripFile, Exception] = {}
    for file in files:
        try:
            rows += summarise(file)
        except (TlcError, odd) as error:
            log.warning("%s %s: %s", file.taxi, file.month, error)
            failed[file] = error
    done = len(files) - len(failed)
    log.info("%d months summarised, %s rows", done, f"{rows:,}")
    _raise_first(failed, done)
    return {"months": done, "rows": rows}


def _raise_first(failed: dict[TripFile, Exception], done: int) -> None:
    names = ", ".join(f"{each.taxi} {each.month}" for each in failed)
    for file, error in failed.items():
        raise type(error)(
            f"{error} (in {file.taxi} {file.month}; failed: {names}; {done} others are summarised)"
        ) from error


class SummaryOperator(TaxiOperator):
    """Summarises the months that were loaded: trips, revenue, distance, tips by day and zone.

    Those are the months whose newest load in the ledger is not summarised yet, so that none is
    missed: Airflow starts one run for asset events that come close together, and may leave events
    out. Or the one month asked for. A month that fails does not stop the others.
    Returns how many months and the summary's rows of them.

    :param create: SQL that makes the summary's table, or the name of a ``.sql`` file with it.
    :param summarise: SQL that fills in one month of it; the same.
    :param taxi: of the one month asked for.
    :param month: ``YYYY-MM``; the same.
    """

    template_fields: Sequence[str] = ("create", "summarise", "taxi", "month")
    template_ext: Sequence[str] = (".sql",)

    def __init__(
        self,
        *,
        create: str,
        summarise: str,
        taxi: str | None = None,
        month: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.create = create
        self.summarise = summarise
        self.taxi = taxi
        self.month = month


class PostgresSummaryOperator(SummaryOperator, PostgresOperator):
    """The summary in Postgres: a SummaryOperator."""

    template_fields: Sequence[str] = (
        *PostgresOperator.template_fields, *SummaryOperator.template_fields,
    )  # fmt: skip

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._taxis: set[Taxi] = set()
        self._rows: int | None = None

    def run_step(self, context: Context) -> dict[str, Any]:
        from psycopg import Error

        from nyc_tlc.core.contract.model import load_contract
        from nyc_tlc.core.postgres.summary import summarise, unsummarised_months
        from nyc_tlc.core.summary import SummarySql

        statements = SummarySql(self.create, self.summarise)
        with self.hook.get_conn() as connection:

            def of_month(file: TripFile) -> int:
                contract = load_contract(file.taxi)
                return summarise(connection, self.schema, file, contract, statements)

            asked = asked_month(self.taxi, self.month)
            files = [asked] if asked else unsummarised_months(connection, self.schema, statements)
            done = summarise_each(files, of_month, Error, self.log)
        self._taxis, self._rows = {file.taxi for file in files}, done["rows"]
        return done

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage:
        from nyc_tlc.core.summary import SUMMARY
        from nyc_tlc.lineage import lineage, postgres_table, postgres_table_written

        connection = self.hook.get_connection(self.postgres_conn_id)
        return lineage(
            [postgres_table(connection, self.schema, taxi.trips_table) for taxi in self._taxis],
            [postgres_table_written(connection, self.schema, SUMMARY, self._rows)],
        )


class BigQuerySummaryOperator(SummaryOperator, BigQueryOperator):
    """The summary in BigQuery: a SummaryOperator. A month reads its own partition only."""

    template_fields: Sequence[str] = (
        *BigQueryOperator.template_fields, *SummaryOperator.template_fields,
    )  # fmt: skip

    def run_step(self, context: Context) -> dict[str, Any]:
        from google.api_core.exceptions import GoogleAPICallError

        from nyc_tlc.core.bigquery.summary import summarise, unsummarised_months
        from nyc_tlc.core.contract.model import load_contract
        from nyc_tlc.core.summary import SummarySql

        statements, warehouse = SummarySql(self.create, self.summarise), self.hook.warehouse

        def of_month(file: TripFile) -> int:
            return summarise(warehouse, file, load_contract(file.taxi), statements)

        asked = asked_month(self.taxi, self.month)
        files = [asked] if asked else unsummarised_months(warehouse, statements)
        return summarise_each(files, of_month, GoogleAPICallError, self.log)

"""What is made from the trips tables: the summary of a month."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nyc_tlc.core.catalog import Taxi, TripFile
from nyc_tlc.core.errors import TlcError
from nyc_tlc.operators.base import PostgresOperator, asked_month

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context


def _raise_first(failed: dict[TripFile, Exception], done: int) -> None:
    """One month that cannot be summarised does not stop the others, but the task fails in the end."""
    for file, error in failed.items():
        names = ", ".join(f"{each.taxi} {each.month}" for each in failed)
        message = (
            f"{error} (in {file.taxi} {file.month}; failed: {names}; {done} others are summarised)"
        )
        raise type(error)(message) from error


class PostgresSummaryOperator(PostgresOperator):
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

    template_fields: Sequence[str] = (
        *PostgresOperator.template_fields, "create", "summarise", "taxi", "month",
    )  # fmt: skip
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
        self._taxis: set[Taxi] = set()
        self._rows: int | None = None

    def run_step(self, context: Context) -> dict[str, Any]:
        import psycopg

        from nyc_tlc.core.contract.model import load_contract
        from nyc_tlc.core.postgres.summary import SummarySql, summarise, unsummarised_months

        statements, rows = SummarySql(self.create, self.summarise), 0
        failed: dict[TripFile, Exception] = {}
        with self.hook.get_conn() as connection:
            asked = asked_month(self.taxi, self.month)
            files = [asked] if asked else unsummarised_months(connection, self.schema, statements)
            for file in files:
                try:
                    contract = load_contract(file.taxi)
                    rows += summarise(connection, self.schema, file, contract, statements)
                except (TlcError, psycopg.Error) as error:
                    self.log.warning("%s %s: %s", file.taxi, file.month, error)
                    failed[file] = error
        self._taxis, self._rows = {file.taxi for file in files}, rows
        done = len(files) - len(failed)
        self.log.info("%d months summarised, %s rows", done, f"{rows:,}")
        _raise_first(failed, done)
        return {"months": done, "rows": rows}

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage:
        from nyc_tlc.core.postgres.summary import SUMMARY
        from nyc_tlc.lineage import lineage, postgres_table, postgres_table_written

        connection = self.hook.get_connection(self.postgres_conn_id)
        return lineage(
            [postgres_table(connection, self.schema, taxi.trips_table) for taxi in self._taxis],
            [postgres_table_written(connection, self.schema, SUMMARY, self._rows)],
        )

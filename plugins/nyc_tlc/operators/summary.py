"""What is made from the trips tables: the summary of a month."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from nyc_tlc.catalog import Taxi, TripFile
from nyc_tlc.errors import MonthError
from nyc_tlc.operators.base import TaxiOperator

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context


class TaxiSummaryOperator(TaxiOperator):
    """Summarises the months that were loaded: trips, revenue, distance, tips by day and zone.

    Those are the months of the asset events that started the run; in a run by hand, the one asked
    for. Returns the summary's rows of each, as ``{"green 2021-01": 8_123}``.

    :param create: SQL that makes the summary's table, or the name of a ``.sql`` file with it.
    :param summarise: SQL that fills in one month of it; the same.
    :param taxi: of a run by hand.
    :param month: ``YYYY-MM``, of a run by hand.
    :param schema: schema of the trips tables; the summary is made beside them.
    """

    template_fields: Sequence[str] = (
        "create", "summarise", "taxi", "month", "schema", "postgres_conn_id",
    )  # fmt: skip
    template_ext: Sequence[str] = (".sql",)

    def __init__(
        self,
        *,
        create: str,
        summarise: str,
        taxi: str | None = None,
        month: str | None = None,
        schema: str = "public",
        postgres_conn_id: str = "tlc_postgres",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.create = create
        self.summarise = summarise
        self.taxi = taxi
        self.month = month
        self.schema = schema
        self.postgres_conn_id = postgres_conn_id
        self._taxis: set[Taxi] = set()
        self._rows: int | None = None

    def run_step(self, context: Context) -> dict[str, Any]:
        from nyc_tlc.contract import load_contract
        from nyc_tlc.hooks.postgres import WarehousePostgresHook
        from nyc_tlc.postgres.summary import SummarySql, summarise

        statements, done = SummarySql(self.create, self.summarise), {}
        files = self._files(context)
        with WarehousePostgresHook(self.postgres_conn_id).get_conn() as connection:
            for file in files:
                contract = load_contract(file.taxi)
                rows = summarise(connection, self.schema, file, contract, statements)
                done[f"{file.taxi} {file.month}"] = rows
        self._taxis, self._rows = {file.taxi for file in files}, sum(done.values())
        return done

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage:
        from nyc_tlc.hooks.postgres import WarehousePostgresHook
        from nyc_tlc.lineage import lineage, postgres_table, postgres_table_written
        from nyc_tlc.postgres.summary import SUMMARY

        connection = WarehousePostgresHook.get_connection(self.postgres_conn_id)
        return lineage(
            [postgres_table(connection, self.schema, taxi.trips_table) for taxi in self._taxis],
            [postgres_table_written(connection, self.schema, SUMMARY, self._rows)],
        )

    def _files(self, context: Context) -> list[TripFile]:
        """Each once, however many events there were of it."""
        if self.taxi and self.month:
            return [TripFile.of(self.taxi, self.month)]
        loaded = dict.fromkeys(_loaded_months(context))
        if not loaded:
            raise MonthError(
                "No month: the run was not started by a load. Trigger it with "
                """--conf '{"taxi": "green", "month": "2021-01"}', or fill in the form."""
            )
        return [TripFile.of(taxi, month) for taxi, month in loaded]


def _loaded_months(context: Context) -> Iterator[tuple[str, str]]:
    """Taxi and month of each event that merge steps sent; an event sent by hand may have none."""
    for events in context["triggering_asset_events"].values():
        for event in events:
            if {"taxi", "month"} <= event.extra.keys():
                yield event.extra["taxi"], event.extra["month"]

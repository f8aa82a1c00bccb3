"""Both warehouses, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nyc_tlc.hooks.connections import POSTGRES
from nyc_tlc.operators.base import BigQueryOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from nyc_tlc.core.parity import MonthFacts


class TaxiParityOperator(BigQueryOperator):
    """Compares a taxi's months in Postgres and BigQuery: rows, distinct ids, sums of ids and fares.

    Fails where they differ, and says how; nothing is changed. Returns months and rows compared.

    :param taxi: yellow, green, fhv or fhvhv.
    :param first_month: ``YYYY-MM``.
    :param last_month: ``YYYY-MM``, itself compared.
    :param schema: schema of the trips tables in Postgres.
    :param postgres_conn_id: the connection to Postgres.
    """

    template_fields: Sequence[str] = (
        *BigQueryOperator.template_fields,
        "taxi", "first_month", "last_month", "schema", "postgres_conn_id",
    )  # fmt: skip

    def __init__(
        self,
        *,
        taxi: str,
        first_month: str,
        last_month: str,
        schema: str = "public",
        postgres_conn_id: str = POSTGRES,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.taxi = taxi
        self.first_month = first_month
        self.last_month = last_month
        self.schema = schema
        self.postgres_conn_id = postgres_conn_id

    def run_step(self, context: Context) -> dict[str, Any]:
        from nyc_tlc.core.parity import differences, require_parity

        postgres, bigquery = self._postgres(), self._bigquery()
        for facts in sorted(postgres, key=lambda facts: facts.month):
            self.log.info("Postgres: %s", facts)
        require_parity(self.taxi, differences(postgres, bigquery, ("Postgres", "BigQuery")))
        rows = sum(facts.rows for facts in postgres)
        self.log.info("%d months, %s rows: the same in both", len(postgres), f"{rows:,}")
        return {"taxi": self.taxi, "months": len(postgres), "rows": rows}

    def _postgres(self) -> list[MonthFacts]:
        from nyc_tlc.core.catalog import Month, Taxi
        from nyc_tlc.core.contract.model import load_contract
        from nyc_tlc.core.postgres.trips import month_facts
        from nyc_tlc.hooks.postgres import TaxiPostgresHook

        months = Month.parse(self.first_month), Month.parse(self.last_month)
        with TaxiPostgresHook(self.postgres_conn_id).get_conn() as connection:
            return month_facts(connection, self.schema, load_contract(Taxi(self.taxi)), *months)

    def _bigquery(self) -> list[MonthFacts]:
        from nyc_tlc.core.bigquery.trips import month_facts
        from nyc_tlc.core.catalog import Month, Taxi
        from nyc_tlc.core.contract.model import load_contract

        months = Month.parse(self.first_month), Month.parse(self.last_month)
        return month_facts(self.hook.warehouse, load_contract(Taxi(self.taxi)), *months)

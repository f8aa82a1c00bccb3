"""Both warehouses, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nyc_tlc.operators.base import TaxiOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from nyc_tlc.core.parity import MonthFacts


class TaxiParityOperator(TaxiOperator):
    """Compares a taxi's months in Postgres and BigQuery: rows, distinct ids, sums of ids and fares.

    Fails where they differ, and says how; nothing is changed. Returns months and rows compared.

    :param taxi: yellow, green, fhv or fhvhv.
    :param first_month: ``YYYY-MM``.
    :param last_month: ``YYYY-MM``, itself compared.
    :param place: project, location, bucket and dataset.
    :param schema: schema of the trips tables in Postgres.
    """

    template_fields: Sequence[str] = (
        "taxi", "first_month", "last_month", "place", "schema", "postgres_conn_id", "gcp_conn_id",
        "impersonation_chain",
    )  # fmt: skip

    def __init__(
        self,
        *,
        taxi: str,
        first_month: str,
        last_month: str,
        place: dict[str, Any],
        schema: str = "public",
        postgres_conn_id: str = "tlc_postgres",
        gcp_conn_id: str = "google_cloud_default",
        impersonation_chain: str | Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.taxi = taxi
        self.first_month = first_month
        self.last_month = last_month
        self.place = place
        self.schema = schema
        self.postgres_conn_id = postgres_conn_id
        self.gcp_conn_id = gcp_conn_id
        self.impersonation_chain = impersonation_chain

    def run_step(self, context: Context) -> dict[str, Any]:
        from nyc_tlc.core.parity import differences, require_parity

        postgres, bigquery = self._postgres(), self._bigquery()
        for facts in sorted(postgres, key=lambda facts: facts.month):
            self.log.info("Postgres: %s", facts)
        require_parity(self.taxi, differences(postgres, bigquery, ("Postgres", "BigQuery")))
        rows = sum(facts.rows for facts in postgres)
        self.log.info("%d months, %s rows: alike in both", len(postgres), f"{rows:,}")
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
        from nyc_tlc.hooks.bigquery import TaxiBigQueryHook

        months = Month.parse(self.first_month), Month.parse(self.last_month)
        hook = TaxiBigQueryHook(self.place, self.gcp_conn_id, self.impersonation_chain)
        return month_facts(hook.warehouse, load_contract(Taxi(self.taxi)), *months)

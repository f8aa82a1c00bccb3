"""Both warehouses, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowSkipException

from nyc_tlc.hooks.connections import POSTGRES
from nyc_tlc.operators.base import BigQueryOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from nyc_tlc.core.catalog import Month
    from nyc_tlc.core.parity import MonthFacts, SummaryFacts

NAMES = ("Postgres", "BigQuery")
SUMMARISE_AGAIN = "Run tlc_summary and tlc_bigquery_summary for those months again."


class TaxiParityOperator(BigQueryOperator):
    """Compares a taxi's months in Postgres and BigQuery: rows, distinct ids, sums of ids and fares.

    So are the summaries of the months that both have. Fails where they differ, and says how;
    nothing is changed. Returns how much was compared.

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
        from nyc_tlc.core.parity import differences, of_common_months, require_parity

        (trips, summary), (cloud_trips, cloud_summary) = self._postgres(), self._bigquery()
        for facts in sorted(trips, key=lambda facts: facts.month):
            self.log.info("Postgres: %s", facts)
        require_parity(f"{self.taxi} trips", differences(trips, cloud_trips, NAMES))
        summary, cloud_summary = of_common_months(summary, cloud_summary)
        found = differences(summary, cloud_summary, NAMES)
        require_parity(f"{self.taxi} summaries", found, SUMMARISE_AGAIN)
        rows = sum(facts.rows for facts in trips)
        self.log.info("%d months, %s rows: the same in both", len(trips), f"{rows:,}")
        return {
            "taxi": self.taxi, "months": len(trips), "rows": rows, "summaries": len(summary),
        }  # fmt: skip

    def _postgres(self) -> tuple[list[MonthFacts], list[SummaryFacts]]:
        from nyc_tlc.core.catalog import Taxi
        from nyc_tlc.core.contract.model import load_contract
        from nyc_tlc.core.postgres.summary import summary_facts
        from nyc_tlc.core.postgres.trips import month_facts
        from nyc_tlc.hooks.postgres import TaxiPostgresHook

        taxi, months = Taxi(self.taxi), self._months()
        with TaxiPostgresHook(self.postgres_conn_id).get_conn() as connection:
            return (
                month_facts(connection, self.schema, load_contract(taxi), *months),
                summary_facts(connection, self.schema, taxi, *months),
            )

    def _bigquery(self) -> tuple[list[MonthFacts], list[SummaryFacts]]:
        from nyc_tlc.core.bigquery.summary import summary_facts
        from nyc_tlc.core.bigquery.trips import month_facts
        from nyc_tlc.core.catalog import Taxi
        from nyc_tlc.core.contract.model import load_contract

        taxi, months, warehouse = Taxi(self.taxi), self._months(), self.hook.warehouse
        return (
            month_facts(warehouse, load_contract(taxi), *months),
            summary_facts(warehouse, taxi, *months),
        )

    def _months(self) -> tuple[Month, Month]:
        from nyc_tlc.core.catalog import Month

        return Month.parse(self.first_month), Month.parse(self.last_month)


class ZonesParityOperator(BigQueryOperator):
    """Compares the zone lookups in Postgres and BigQuery; fails where a zone differs.

    Skipped where one of them has no zones. Returns how many there are.

    :param schema: schema of the zones in Postgres.
    :param postgres_conn_id: the connection to Postgres.
    """

    template_fields: Sequence[str] = (
        *BigQueryOperator.template_fields, "schema", "postgres_conn_id",
    )  # fmt: skip

    def __init__(
        self, *, schema: str = "public", postgres_conn_id: str = POSTGRES, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.schema = schema
        self.postgres_conn_id = postgres_conn_id

    def run_step(self, context: Context) -> dict[str, Any]:
        from nyc_tlc.core.bigquery.zones import read_zones_table as read_bigquery
        from nyc_tlc.core.parity import require_parity
        from nyc_tlc.core.postgres.zones import read_zones_table as read_postgres
        from nyc_tlc.hooks.postgres import TaxiPostgresHook

        with TaxiPostgresHook(self.postgres_conn_id).get_conn() as connection:
            zones = read_postgres(connection, self.schema)
        cloud_zones = read_bigquery(self.hook.warehouse)
        if not (zones and cloud_zones):
            raise AirflowSkipException("One of the warehouses has no zones: run its zones DAG")
        differ = sorted(zones ^ cloud_zones, key=lambda zone: zone.locationid)
        require_parity(
            "zones", list(map(str, differ)), "Run tlc_zones and tlc_bigquery_zones again."
        )
        return {"zones": len(zones)}

"""The last step of a range: what became of each month."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException

from nyc_tlc.catalog import Month, Taxi
from nyc_tlc.month_range import MonthOutcome, summary, table
from nyc_tlc.operators.base import TaxiOperator
from nyc_tlc.operators.month_range.months import months_of
from nyc_tlc.operators.month_range.trigger_month import month_run_id

if TYPE_CHECKING:
    from airflow.sdk import Context

    from nyc_tlc.ledger import Ledger, MonthLoad


class TaxiRangeSummaryOperator(TaxiOperator):
    """Writes a table to the log, a line a month; fails, naming them, where months have failed.

    Returns how many were loaded, unchanged and failed, their rows, and the first that failed.

    :param taxis: names of taxis.
    :param first: first month of the range, ``YYYY-MM``.
    :param last: last month, ``YYYY-MM``.
    :param warehouse: ``postgres`` or ``bigquery``: whose DAGs were run, and whose ledger is read.
    :param schema: schema of the ledger in Postgres.
    :param place: project, location, bucket and dataset of the ledger in BigQuery.
    """

    template_fields: Sequence[str] = (
        "taxis", "first", "last", "warehouse", "schema", "postgres_conn_id", "place", "gcp_conn_id",
    )  # fmt: skip

    def __init__(
        self,
        *,
        taxis: Any,
        first: str,
        last: str,
        warehouse: str = "postgres",
        schema: str = "public",
        postgres_conn_id: str = "tlc_postgres",
        place: dict[str, Any] | None = None,
        gcp_conn_id: str = "google_cloud_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.taxis = taxis
        self.first = first
        self.last = last
        self.warehouse = warehouse
        self.schema = schema
        self.postgres_conn_id = postgres_conn_id
        self.place = place
        self.gcp_conn_id = gcp_conn_id

    def run_step(self, context: Context) -> dict[str, Any]:
        outcomes = self._outcomes(context)
        if not outcomes:
            raise AirflowFailException(f"No taxi asked for had trips by {self.last} yet.")
        self.log.info("What became of each month:\n%s", table(outcomes))
        result = summary(outcomes)
        if result["failed"]:
            task: Any = context["ti"]
            task.xcom_push(key="return_value", value=result)
            named = ", ".join(result["failed_months"])
            raise AirflowFailException(
                f"{result['failed']} of {len(outcomes)} months failed: {named}. The table above "
                "says why; all others are done. Clear their tasks (load, of the taxi) to try them again."
            )
        return result

    def _outcomes(self, context: Context) -> list[MonthOutcome]:
        loads = {(load.taxi, load.month): load for load in self._ledger().loads_by_month()}
        return [
            outcome
            for taxi in map(Taxi, dict.fromkeys(self.taxis))
            for outcome in self._of_taxi(context, taxi, loads)
        ]

    def _of_taxi(
        self, context: Context, taxi: Taxi, loads: dict[tuple[Taxi, Month], MonthLoad]
    ) -> list[MonthOutcome]:
        """By the states of the tasks of the months' runs, asked for all at once."""
        months = months_of(taxi, self.first, self.last)
        runs = {month: month_run_id(context["run_id"], str(month)) for month in months}
        task: Any = context["ti"]
        states = task.get_task_states(
            dag_id=f"tlc_{self.warehouse}_{taxi}", run_ids=list(runs.values())
        ) if runs else {}  # fmt: skip
        return [
            MonthOutcome.of(taxi, month, states.get(run, {}), loads.get((taxi, month)))
            for month, run in runs.items()
        ]

    def _ledger(self) -> Ledger:
        if self.warehouse == "bigquery":
            from nyc_tlc.hooks.bigquery import WarehouseBigQueryHook

            return WarehouseBigQueryHook(self.place or {}, self.gcp_conn_id)
        from nyc_tlc.hooks.postgres import WarehousePostgresHook

        return WarehousePostgresHook(self.postgres_conn_id, trips_schema=self.schema)

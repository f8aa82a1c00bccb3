"""One month of a range: a run of the taxi's own DAG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nyc_tlc.operators.base import as_bool
from nyc_tlc.operators.trigger_dag import TriggerDagOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


class TaxiMonthTriggerOperator(TriggerDagOperator):
    """Runs the taxi's DAG for a month, and waits for it without holding a worker.

    How many run at once is the taxi DAG's own ``max_active_runs``. Cleared, it runs the same run
    again.

    :param taxi: yellow, green, fhv or fhvhv.
    :param month: ``YYYY-MM``.
    :param source: ``parquet`` (TLC) or ``csv`` (the mirror).
    :param force: load a file even if it is unchanged.
    :param warehouse: ``postgres`` or ``bigquery``: whose DAG is run.
    """

    # Filled in one after the other: the last ones are made of the first.
    template_fields: Sequence[str] = (
        "taxi", "month", "source", "force", "warehouse", *TriggerDagOperator.template_fields,
    )  # fmt: skip

    def __init__(
        self,
        *,
        taxi: str,
        month: str,
        source: str = "parquet",
        force: bool | str = False,
        warehouse: str = "postgres",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            trigger_dag_id="tlc_{{ task.warehouse }}_{{ task.taxi }}",
            trigger_run_id="{{ task.month }}__{{ run_id }}",
            wait_for_completion=True,
            **kwargs,
        )
        self.taxi = taxi
        self.month = month
        self.source = source
        self.force = force
        self.warehouse = warehouse

    def run_step(self, context: Context) -> Any:
        self.conf = {"month": self.month, "source": self.source, "force": as_bool(self.force)}
        super().run_step(context)


def month_run_id(range_run_id: str, month: str) -> str:
    """The run's id in the taxi's DAG: begins with its month, so that a person sees it."""
    return f"{month}__{range_run_id}"

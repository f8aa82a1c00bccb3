"""One month of a range: a run of the taxi's own DAG."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowSkipException
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator

from nyc_tlc.catalog import Month, Taxi
from nyc_tlc.operators.base import as_bool

if TYPE_CHECKING:
    from airflow.sdk import Context


class TaxiMonthTriggerOperator(TriggerDagRunOperator):
    """Triggers the taxi's DAG for a month, and waits for it without holding a worker.

    How many run at once is the taxi DAG's own ``max_active_runs``. Skips a month before the taxi's
    first. Cleared, it runs the same run again.

    :param taxi: yellow, green, fhv or fhvhv.
    :param month: ``YYYY-MM``.
    :param source: ``parquet`` (TLC) or ``csv`` (the mirror).
    :param force: load a file even if it is unchanged.
    :param dag_id_prefix: what the taxi's name is appended to for the id of its DAG.
    """

    template_fields: Sequence[str] = (
        *TriggerDagRunOperator.template_fields, "taxi", "month", "source", "force",
    )  # fmt: skip

    def __init__(
        self,
        *,
        taxi: str,
        month: str,
        source: str = "parquet",
        force: bool | str = False,
        dag_id_prefix: str = "tlc_postgres_",
        poke_interval: int = 5,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            # Templates, for the link to the run asks again after the wait.
            trigger_dag_id="{{ task.dag_id_prefix }}{{ task.taxi }}",
            trigger_run_id="{{ task.month }}__{{ run_id }}",
            # None of its own: the month is the param, and now may be before the DAG's start.
            logical_date=None,
            wait_for_completion=True,
            deferrable=True,
            reset_dag_run=True,
            poke_interval=poke_interval,
            **{"doc_md": inspect.getdoc(type(self)), **kwargs},
        )
        self.taxi = taxi
        self.month = month
        self.source = source
        self.force = force
        self.dag_id_prefix = dag_id_prefix

    def execute(self, context: Context) -> None:
        first = Taxi(self.taxi).first_month
        if Month.parse(self.month) < first:
            raise AirflowSkipException(f"{self.taxi} trips begin in {first}")
        self.conf = {"month": self.month, "source": self.source, "force": as_bool(self.force)}
        super().execute(context)


def month_run_id(range_run_id: str, month: str) -> str:
    """The run's id in the taxi's DAG: begins with its month, so that a person sees it."""
    return f"{month}__{range_run_id}"

"""Many months by one form: which months, and one run of the taxi's DAG for each.

One task per year instead of the runs: year.py. What became of them: range_summary.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import (
    AirflowFailException,
    AirflowSkipException,
    DagRunTriggerException,
)

from nyc_tlc.airflow_internals import is_paused
from nyc_tlc.core.catalog import Month, Taxi, Warehouse
from nyc_tlc.core.errors import MonthError
from nyc_tlc.links import TriggeredRunLink
from nyc_tlc.operators.base import TaxiOperator, as_bool

if TYPE_CHECKING:
    from airflow.sdk import Context


class RangeMode(StrEnum):
    """``month_runs``: a run of the taxi's DAG per month. ``year_tasks``: one task per year."""

    MONTH_RUNS = "month_runs"
    YEAR_TASKS = "year_tasks"


class TaxiMonthsOperator(TaxiOperator):
    """Lists a taxi's months in a range, both ends included, but none before the taxi's first.

    Returns them as numbers, ``202105``, so that the longest range is a small XCom: a month is then
    ``months.output.map(spelled)``. Skips where the taxi was not asked for, or the range is loaded by a
    task per year. Fails where its DAG is paused: its runs would wait, and nobody would know for what.
    (Airflow tells from 3.2 on.)

    :param taxi: yellow, green, fhv or fhvhv.
    :param taxis: names of the taxis asked for.
    :param first: first month, ``YYYY-MM``.
    :param last: last month, ``YYYY-MM``.
    :param warehouse: ``postgres`` or ``bigquery``: whose DAG is run.
    :param mode: a RangeMode.
    """

    template_fields: Sequence[str] = ("taxi", "taxis", "first", "last", "warehouse", "mode")
    mode_listed = RangeMode.MONTH_RUNS

    def __init__(
        self,
        *,
        taxi: str,
        taxis: Any,
        first: str,
        last: str,
        warehouse: str = "postgres",
        mode: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.taxi = taxi
        self.taxis = taxis
        self.first = first
        self.last = last
        self.warehouse = warehouse
        self.mode = mode or self.mode_listed

    def run_step(self, context: Context) -> list[int]:
        if self.taxi not in self.taxis:
            raise AirflowSkipException(f"{self.taxi} was not asked for")
        if self.mode != self.mode_listed:
            raise AirflowSkipException(f"The range is loaded by {self.mode}")
        self.require_ready(context)
        months = months_of(Taxi(self.taxi), self.first, self.last)
        if not months:
            raise AirflowSkipException(f"{self.taxi} trips begin in {Taxi(self.taxi).first_month}")
        return self.numbers_of(months)

    def require_ready(self, context: Context) -> None:
        """Raise an error where the range cannot be loaded."""
        _refuse_paused(context, Warehouse(self.warehouse).dag_id(self.taxi))

    def numbers_of(self, months: Sequence[Month]) -> list[int]:
        return [month.year * 100 + month.number for month in months]


def months_of(taxi: Taxi, first: str, last: str) -> list[Month]:
    """The taxi's months from ``first`` to ``last``; raises MonthError where the last is earlier."""
    begin, end = Month.parse(first), Month.parse(last)
    if end < begin:
        raise MonthError(
            f"The range ends in {last}, before it begins in {first}. Swap the two months."
        )
    return max(begin, taxi.first_month).through(end)


def spelled(number: int) -> str:
    """``202105`` as ``2021-05``."""
    return str(Month(*divmod(number, 100)))


def _refuse_paused(context: Context, dag_id: str) -> None:
    if is_paused(context["ti"], dag_id):
        raise AirflowFailException(
            f"{dag_id} is paused, so its runs would wait. Unpause it first: "
            f"airflow dags unpause {dag_id}"
        )


class TaxiMonthTriggerOperator(TaxiOperator):
    """Runs the taxi's DAG for a month, and waits for it without holding a worker; fails if that run
    fails.

    How many run at once is the taxi DAG's own ``max_active_runs``. Cleared, it runs the same run
    again.

    :param taxi: yellow, green, fhv or fhvhv.
    :param month: ``YYYY-MM``.
    :param source: ``parquet`` (TLC) or ``csv`` (the mirror).
    :param force: load a file even if it is unchanged.
    :param warehouse: ``postgres`` or ``bigquery``: whose DAG is run.
    """

    # Airflow fills them in one after the other; the last ones use the first.
    template_fields: Sequence[str] = (
        "taxi", "month", "source", "force", "warehouse", "trigger_run_id",
    )  # fmt: skip

    operator_extra_links = (TriggeredRunLink(),)

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
        super().__init__(**kwargs)
        self.taxi = taxi
        self.month = month
        self.source = source
        self.force = force
        self.warehouse = warehouse
        self.trigger_run_id = "{{ task.month }}__{{ run_id }}"

    @property
    def trigger_dag_id(self) -> str:
        return Warehouse(self.warehouse).dag_id(self.taxi)

    def run_step(self, context: Context) -> Any:
        # What Airflow's TriggerDagRunOperator raises in the end. That operator imports Airflow's
        # database models: 0.46 s of CPU or more (Airflow 3.3.2), with each task that reads the DAG
        # file. It also gives a run a logical date unless told otherwise.
        raise DagRunTriggerException(
            trigger_dag_id=self.trigger_dag_id,
            dag_run_id=self.trigger_run_id,
            conf={"month": self.month, "source": self.source, "force": as_bool(self.force)},
            # The run's month is a param, and today's date may be before the DAG's start.
            logical_date=None,
            # A cleared task, or its next try, runs the same run again.
            reset_dag_run=True,
            skip_when_already_exists=False,
            wait_for_completion=True,
            allowed_states=["success"],
            failed_states=["failed"],
            poke_interval=5,
            deferrable=True,
        )

    def execute_complete(self, context: Context, event: tuple[str, dict[str, Any]]) -> None:
        """Airflow calls this when the run has ended."""
        _, states = event
        if states[self.trigger_run_id] != "success":
            raise AirflowFailException(
                f"Run {self.trigger_run_id} of {self.trigger_dag_id} has failed; its failed task's "
                "log says why. The button Triggered DAG leads there."
            )
        self.log.info("Run %s of %s is a success", self.trigger_run_id, self.trigger_dag_id)


def month_run_id(range_run_id: str, month: str) -> str:
    """The run's id in the taxi's DAG: begins with its month, so that a person sees it."""
    return f"{month}__{range_run_id}"

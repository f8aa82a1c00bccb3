"""The first step of each taxi in a range: which months."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException

from nyc_tlc.airflow_internals import is_paused
from nyc_tlc.catalog import Month, Taxi
from nyc_tlc.errors import MonthError
from nyc_tlc.operators.base import TaxiOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


class TaxiMonthsOperator(TaxiOperator):
    """Lists a taxi's months in a range, both ends included, but none before the taxi's first.

    Returns them as numbers, ``202105``, so that the longest range is a small XCom: a month is then
    ``months.output.map(spelled)``. Skips where the taxi was not asked for. Fails where its DAG is
    paused: its runs would wait, and nobody would know for what. (Airflow tells from 3.2 on.)

    :param taxi: yellow, green, fhv or fhvhv.
    :param taxis: names of the taxis asked for.
    :param first: first month, ``YYYY-MM``.
    :param last: last month, ``YYYY-MM``.
    :param warehouse: ``postgres`` or ``bigquery``: whose DAG is run.
    """

    template_fields: Sequence[str] = ("taxi", "taxis", "first", "last", "warehouse")

    def __init__(
        self,
        *,
        taxi: str,
        taxis: Any,
        first: str,
        last: str,
        warehouse: str = "postgres",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.taxi = taxi
        self.taxis = taxis
        self.first = first
        self.last = last
        self.warehouse = warehouse

    def run_step(self, context: Context) -> Any:
        if self.taxi not in self.taxis:
            raise AirflowSkipException(f"{self.taxi} was not asked for")
        _refuse_paused(context, f"tlc_{self.warehouse}_{self.taxi}")
        months = months_of(Taxi(self.taxi), self.first, self.last)
        if not months:
            raise AirflowSkipException(f"{self.taxi} trips begin in {Taxi(self.taxi).first_month}")
        return [month.year * 100 + month.number for month in months]


def months_of(taxi: Taxi, first: str, last: str) -> list[Month]:
    """The taxi's months from ``first`` to ``last``; raises MonthError where the last is earlier."""
    begin, end = Month.parse(first), Month.parse(last)
    if end < begin:
        raise MonthError(
            f"The range ends in {last}, before it begins in {first}. Expected the first month first."
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

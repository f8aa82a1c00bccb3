"""The first steps of a range: which taxis, and which months."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.providers.common.compat.version_compat import AIRFLOW_V_3_2_PLUS

from nyc_tlc.catalog import Month, Taxi
from nyc_tlc.errors import MonthError
from nyc_tlc.operators.base import TaxiOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


class TaxisOperator(TaxiOperator):
    """Lists the taxis asked for, each once.

    Fails where the DAG of one of them is paused: its runs would wait, and nobody would know for
    what. (Airflow tells from 3.2 on.)

    :param taxis: names of taxis.
    :param dag_id_prefix: what a taxi's name is appended to for the id of its DAG.
    """

    template_fields: Sequence[str] = ("taxis", "dag_id_prefix")

    def __init__(self, *, taxis: Any, dag_id_prefix: str = "tlc_postgres_", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.taxis = taxis
        self.dag_id_prefix = dag_id_prefix

    def run_step(self, context: Context) -> Any:
        taxis = [str(Taxi(name)) for name in dict.fromkeys(self.taxis)]
        dag_ids = [f"{self.dag_id_prefix}{taxi}" for taxi in taxis]
        if AIRFLOW_V_3_2_PLUS:
            task: Any = context["ti"]
            _refuse([dag_id for dag_id in dag_ids if task.get_dag(dag_id).is_paused])
        return taxis


class MonthsOperator(TaxiOperator):
    """Lists the months of a range, both ends included.

    :param first: first month, ``YYYY-MM``.
    :param last: last month, ``YYYY-MM``.
    """

    template_fields: Sequence[str] = ("first", "last")

    def __init__(self, *, first: str, last: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.first = first
        self.last = last

    def run_step(self, context: Context) -> Any:
        months = Month.parse(self.first).through(Month.parse(self.last))
        if not months:
            raise MonthError(
                f"The range ends in {self.last}, before it begins in {self.first}. Expected the "
                "first month first."
            )
        return [str(month) for month in months]


def _refuse(paused: list[str]) -> None:
    if paused:
        raise AirflowFailException(
            f"{', '.join(paused)} {'is' if len(paused) == 1 else 'are'} paused, so runs would "
            f"wait. Unpause first: {'; '.join(f'airflow dags unpause {each}' for each in paused)}"
        )

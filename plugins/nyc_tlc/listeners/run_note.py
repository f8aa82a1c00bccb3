"""Sets the note of each taxi DAG run to its month. A manual run shows its month nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.listeners import hookimpl

from nyc_tlc.airflow_internals import without_note
from nyc_tlc.core.catalog import Taxi, Warehouse
from nyc_tlc.core.errors import MonthError
from nyc_tlc.core.loads import resolve_month

if TYPE_CHECKING:
    from airflow.models import DagRun

TAXI_DAGS = {warehouse.dag_id(taxi) for warehouse in Warehouse for taxi in Taxi}


@hookimpl
def on_dag_run_running(dag_run: DagRun) -> None:
    """A scheduler's run, when it begins."""
    set_note(dag_run)


@hookimpl
def on_dag_run_success(dag_run: DagRun) -> None:
    """A run of ``airflow dags test``, for which no listener is called when it begins."""
    set_note(dag_run)


@hookimpl
def on_dag_run_failed(dag_run: DagRun) -> None:
    set_note(dag_run)


def set_note(dag_run: DagRun) -> None:
    if dag_run.dag_id not in TAXI_DAGS or not without_note(dag_run):
        return
    asked = (dag_run.conf or {}).get("month")
    try:
        month = resolve_month(asked, dag_run.data_interval_start, dag_run.data_interval_end)
    except MonthError:
        return  # the first task of the run raises the same error
    dag_run.note = str(month)

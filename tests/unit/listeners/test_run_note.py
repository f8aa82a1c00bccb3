"""The note of a taxi's run is its month; other DAGs and other notes stay as they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from airflow.models import DagRun
from airflow.models.dagrun import DagRunNote
from airflow.models.tasklog import LogTemplate
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from nyc_tlc.core.catalog import Taxi, Warehouse
from nyc_tlc.listeners.run_note import on_dag_run_failed, on_dag_run_running, on_dag_run_success

pytestmark = pytest.mark.unit

BEGIN, END = dt.datetime(2021, 1, 1, tzinfo=dt.UTC), dt.datetime(2021, 2, 1, tzinfo=dt.UTC)


def note_of(dag_id: str, conf: dict[str, str] | None = None, note: str | None = None) -> str | None:
    run = a_run(dag_id, conf)
    if note:
        run.note = note
    on_dag_run_running(run)
    return run.note  # type: ignore[no-any-return]


def a_run(dag_id: str, conf: dict[str, str] | None = None) -> Any:
    """A scheduled one, where there is no conf."""
    when: dict[str, Any] = {"logical_date": END, "data_interval": (BEGIN, END)}
    return DagRun(
        dag_id=dag_id,
        run_id="a_run",
        run_type="manual",
        conf=conf,
        **(when if conf is None else {}),
    )


@pytest.mark.parametrize("warehouse", Warehouse)
@pytest.mark.parametrize("taxi", Taxi)
def test_the_month_of_each_taxis_dag(warehouse: Warehouse, taxi: Taxi) -> None:
    assert note_of(warehouse.dag_id(taxi)) == "2021-01"
    assert note_of(warehouse.dag_id(taxi), {"month": "2020-05"}) == "2020-05"


def test_a_note_that_is_there_stays() -> None:
    assert note_of("tlc_postgres_green", note="mine") == "mine"


@pytest.mark.parametrize(
    "dag_id", ["tlc_report", "tlc_range", "tlc_postgres_red", "hello_tutorial"]
)
def test_other_dags_get_no_note(dag_id: str) -> None:
    assert note_of(dag_id) is None


@pytest.mark.parametrize("month", ["", "2021-13", "2021/01"])
def test_a_month_that_is_none_gets_no_note(month: str) -> None:
    assert note_of("tlc_postgres_green", {"month": month}) is None


@pytest.mark.parametrize("ended", [on_dag_run_success, on_dag_run_failed])
def test_a_run_of_dags_test_gets_its_note_at_its_end(ended: Callable[..., None]) -> None:
    """It has no session then, and is merged into one afterwards."""
    engine = create_engine("sqlite://")
    for model in (LogTemplate, DagRun, DagRunNote):
        model.__table__.create(engine)
    with Session(engine, expire_on_commit=False) as session:
        session.add(run := a_run("tlc_postgres_green", {"month": "2021-01"}))
        session.commit()
    ended(run)
    with Session(engine) as session:
        session.merge(run)
        session.commit()
    with Session(engine) as session:
        assert session.query(DagRunNote.content).scalar() == "2021-01"

"""The note of a taxi's run is its month; other DAGs and other notes stay as they are."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest

from nyc_tlc.core.catalog import Taxi, Warehouse
from nyc_tlc.listeners.run_note import on_dag_run_running

pytestmark = pytest.mark.unit

BEGIN, END = dt.datetime(2021, 1, 1, tzinfo=dt.UTC), dt.datetime(2021, 2, 1, tzinfo=dt.UTC)


def note_of(dag_id: str, conf: dict[str, str] | None = None, note: str | None = None) -> str | None:
    scheduled = conf is None
    run: Any = SimpleNamespace(
        dag_id=dag_id,
        conf=conf,
        note=note,
        data_interval_start=BEGIN if scheduled else None,
        data_interval_end=END if scheduled else None,
    )
    on_dag_run_running(run)
    return run.note  # type: ignore[no-any-return]


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

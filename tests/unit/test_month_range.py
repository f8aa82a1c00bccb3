"""What is said of the months of a range."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException
from airflow.providers.common.compat.version_compat import AIRFLOW_V_3_2_PLUS

from nyc_tlc.catalog import Month, Taxi
from nyc_tlc.ledger import MonthLoad
from nyc_tlc.month_range import MonthOutcome, summary, table
from nyc_tlc.operators.month_range import MonthsOperator, TaxiMonthTriggerOperator, TaxisOperator

pytestmark = pytest.mark.unit

JANUARY = Month(2021, 1)
LOADED = MonthLoad(Taxi.GREEN, JANUARY, "merged", 500, None)
FAILED = MonthLoad(Taxi.GREEN, JANUARY, "failed", 500, "check: RowCountMismatch: rows are missing")


@pytest.mark.parametrize(
    ("states", "load", "outcome", "why"),
    [
        ({"find": "success", "merge": "success"}, LOADED, "loaded", ""),
        ({"find": "success", "unchanged": "success", "merge": "skipped"}, LOADED, "unchanged", ""),
        ({"stage": "skipped", "unchanged": "skipped", "merge": "skipped"}, LOADED, "unchanged", ""),
        ({"not_published": "success", "merge": "skipped"}, None, "not published", ""),
        ({"check": "failed", "merge": "upstream_failed"}, FAILED, "failed", FAILED.error),
        ({"stage": "failed"}, None, "failed", "stage failed; see its log"),
        ({}, None, "not run", "its run has not ended; see the task in load"),
    ],
)
def test_the_outcome_of_a_month(
    states: dict[str, str | None], load: MonthLoad | None, outcome: str, why: str
) -> None:
    found = MonthOutcome.of(Taxi.GREEN, JANUARY, states, load)
    assert (found.outcome, found.why, found.rows) == (outcome, why, 500 if load else 0)


def test_the_table_has_a_line_a_month_and_the_sum() -> None:
    states: list[dict[str, str | None]] = [{"merge": "success"}, {"check": "failed"}]
    outcomes = [
        MonthOutcome.of(Taxi.GREEN, JANUARY.shift(n), states[n], load)
        for n, load in enumerate((LOADED, FAILED))
    ]
    first, second, third, last = table(outcomes).splitlines()
    assert first.split() == ["taxi", "month", "outcome", "rows"]
    assert second.split() == ["green", "2021-01", "loaded", "500"]
    assert third.split()[:6] == ["green", "2021-02", "failed", "500", "check:", "RowCountMismatch:"]
    assert last.split() == ["1,000"]


def test_the_summary_of_the_longest_range_is_small() -> None:
    months = Month(2009, 1).through(Month(2026, 12))
    outcomes = [
        MonthOutcome.of(taxi, m, {"check": "failed"}, None) for taxi in Taxi for m in months
    ]
    result = summary(outcomes)
    assert result["failed"] == len(outcomes)
    assert result["failed_months"][-1] == f"and {len(outcomes) - 20} more"
    assert len(json.dumps(result)) < 2048


def test_ten_years_of_months_fit_in_an_xcom() -> None:
    months = MonthsOperator(task_id="m", first="2012-01", last="2024-12").run_step({})
    assert len(json.dumps(months)) < 2048


@pytest.mark.skipif(
    not AIRFLOW_V_3_2_PLUS, reason="Airflow 3.1 tells no task whether a DAG is paused"
)
def test_a_paused_dag_is_named_with_the_way_out() -> None:
    paused = {"tlc_postgres_green"}
    task = SimpleNamespace(get_dag=lambda dag_id: SimpleNamespace(is_paused=dag_id in paused))
    context: Any = {"ti": task}
    taxis = ["yellow", "green", "yellow"]
    with pytest.raises(AirflowFailException, match="airflow dags unpause tlc_postgres_green"):
        TaxisOperator(task_id="t", taxis=taxis).run_step(context)
    paused.clear()
    assert TaxisOperator(task_id="t", taxis=taxis).run_step(context) == ["yellow", "green"]


def test_a_month_before_the_taxi_s_first_is_skipped() -> None:
    task = TaxiMonthTriggerOperator(task_id="load", taxi="fhvhv", month="2019-01")
    with pytest.raises(AirflowSkipException, match="begin in 2019-02"):
        task.execute({"run_id": "manual__1"})

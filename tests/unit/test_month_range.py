"""The outcomes and the summary of a range of months."""

from __future__ import annotations

import datetime as dt
import json
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import (
    AirflowFailException,
    AirflowSkipException,
    DagRunTriggerException,
)
from airflow.providers.common.compat.version_compat import AIRFLOW_V_3_2_PLUS

from nyc_tlc.core.catalog import Month, Taxi
from nyc_tlc.core.errors import MonthError
from nyc_tlc.core.ledger import LedgerMonth
from nyc_tlc.operators.month_range import (
    RangeMode,
    TaxiMonthsOperator,
    TaxiMonthTriggerOperator,
    spelled,
)
from nyc_tlc.operators.range_summary import MonthOutcome, summary, table
from nyc_tlc.operators.year import TaxiYearsOperator
from tests.support.missing import AIRFLOW_3_2

pytestmark = pytest.mark.unit

JANUARY = Month(2021, 1)
LOADED = LedgerMonth(Taxi.GREEN, JANUARY, "merged", 500, None)
FAILED = LedgerMonth(
    Taxi.GREEN, JANUARY, "failed", 500, "check", "RowCountMismatchError", "rows are missing"
)


@pytest.mark.parametrize(
    ("states", "load", "outcome", "why"),
    [
        ({"find": "success", "merge": "success"}, LOADED, "loaded", ""),
        ({"find": "success", "unchanged": "success", "merge": "skipped"}, LOADED, "unchanged", ""),
        ({"stage": "skipped", "unchanged": "skipped", "merge": "skipped"}, LOADED, "unchanged", ""),
        ({"not_published": "success", "merge": "skipped"}, None, "not published", ""),
        ({"check": "failed", "merge": "upstream_failed"}, FAILED, "failed", FAILED.failure),
        ({"stage": "failed"}, None, "failed", "stage failed; see its log"),
        ({}, None, "not run", "its run has not ended; see the task in load"),
    ],
)
def test_the_outcome_of_a_month(
    states: dict[str, str | None], load: LedgerMonth | None, outcome: str, why: str
) -> None:
    found = MonthOutcome.of(Taxi.GREEN, JANUARY, states, load)
    assert (found.outcome, found.why, found.rows) == (outcome, why, 500 if load else 0)


def test_a_month_that_was_not_run_because_its_dag_is_paused_says_so() -> None:
    found = MonthOutcome.of(Taxi.GREEN, JANUARY, {}, None, paused="tlc_postgres_green")
    assert found.outcome == "not run"
    assert found.why == "tlc_postgres_green is paused: unpause it, and clear the task green.months"


def test_the_table_has_a_line_per_month_and_a_total() -> None:
    states: list[dict[str, str | None]] = [{"merge": "success"}, {"check": "failed"}]
    outcomes = [
        MonthOutcome.of(Taxi.GREEN, JANUARY.shift(n), states[n], load)
        for n, load in enumerate((LOADED, FAILED))
    ]
    first, second, third, last = table(outcomes).splitlines()
    assert first.split() == ["taxi", "month", "outcome", "rows"]
    assert second.split() == ["green", "2021-01", "loaded", "500"]
    assert third.split()[:6] == [
        "green",
        "2021-02",
        "failed",
        "500",
        "check:",
        "RowCountMismatchError:",
    ]
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


@pytest.mark.parametrize("taxi", list(Taxi))
def test_every_month_up_to_now_fits_in_an_xcom(taxi: Taxi) -> None:
    now = str(Month.of(dt.datetime.now(dt.UTC).date()))
    numbers = listed(taxi, first="2009-01", last=now)
    assert len(json.dumps(numbers)) < 2048
    assert (spelled(numbers[0]), spelled(numbers[-1])) == (str(taxi.first_month), now)
    assert len(numbers) == len(taxi.first_month.through(Month.parse(now)))


@pytest.mark.parametrize(
    ("taxi", "taxis", "last", "why"),
    [
        ("green", ["yellow", "fhv"], "2021-02", "green was not asked for"),
        ("fhvhv", ["fhvhv"], "2019-01", "fhvhv trips begin in 2019-02"),
    ],
)
def test_a_taxi_without_months_is_skipped(taxi: str, taxis: list[str], last: str, why: str) -> None:
    with pytest.raises(AirflowSkipException, match=why):
        listed(taxi, taxis, first="2018-12", last=last)


def test_a_range_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(MonthError, match="ends in 2020-12, before it begins in 2021-01"):
        listed("green", first="2021-01", last="2020-12")


@pytest.mark.skipif(not AIRFLOW_V_3_2_PLUS, reason=AIRFLOW_3_2)
def test_a_paused_dag_is_named_with_the_way_out() -> None:
    with pytest.raises(AirflowFailException, match="airflow dags unpause tlc_postgres_green"):
        listed("green", first="2021-01", last="2021-02", paused=True)


@pytest.mark.parametrize("mode", RangeMode)
def test_each_mode_leaves_the_other_s_tasks_out(mode: RangeMode) -> None:
    span = {"task_id": "t", "taxi": "green", "taxis": ["green"], "mode": str(mode)}
    span |= {"first": "2020-11", "last": "2022-02"}
    context: Any = {"ti": SimpleNamespace()}
    operators = {
        RangeMode.MONTH_RUNS: TaxiMonthsOperator(**span),
        RangeMode.YEAR_TASKS: TaxiYearsOperator(**span),
    }
    listed = operators.pop(mode).run_step(context)
    assert listed[-1] == (202202 if mode is RangeMode.MONTH_RUNS else 2022)
    assert len(listed) == (16 if mode is RangeMode.MONTH_RUNS else 3)
    [other] = operators.values()
    with pytest.raises(AirflowSkipException, match=f"loaded by {mode}"):
        other.run_step(context)


def test_one_task_per_year_is_refused_for_bigquery() -> None:
    years = TaxiYearsOperator(
        task_id="t", taxi="green", taxis=["green"], first="2021-01", last="2021-02",
        warehouse="bigquery", mode="year_tasks",
    )  # fmt: skip
    with pytest.raises(AirflowFailException, match="into Postgres only, not into bigquery"):
        years.execute({})


@pytest.mark.parametrize(
    ("outcome", "load", "shown", "why"),
    [
        ("loaded", LOADED, "loaded", ""),
        ("unchanged", LOADED, "unchanged", ""),
        ("superseded", LOADED, "loaded", ""),
        ("failed", FAILED, "failed", FAILED.failure),
        ("failed", None, "failed", "see the log of green.load_year"),
        (None, None, "not run", "see the log of green.load_year"),
    ],
)
def test_the_outcome_of_a_month_in_the_task_of_its_year(
    outcome: str | None, load: LedgerMonth | None, shown: str, why: str
) -> None:
    found = MonthOutcome.in_year(Taxi.GREEN, JANUARY, outcome, load)
    assert (found.outcome, found.why) == (shown, why)


def listed(taxi: str, taxis: list[str] | None = None, paused: bool = False, **span: str) -> Any:
    task = SimpleNamespace(get_dag=lambda _: SimpleNamespace(is_paused=paused))
    context: Any = {"ti": task}
    return TaxiMonthsOperator(task_id="months", taxi=taxi, taxis=taxis or [taxi], **span).run_step(
        context
    )


TRIGGER = "airflow.providers.standard.triggers.external_task.DagStateTrigger"


def test_a_month_is_asked_for_by_the_params_of_its_dag_and_waited_for() -> None:
    month = TaxiMonthTriggerOperator(task_id="t", taxi="green", month="2021-01", force="False")
    with pytest.raises(DagRunTriggerException) as asked:
        month.execute({})
    assert asked.value.conf == {"month": "2021-01", "source": "parquet", "force": False}
    assert asked.value.wait_for_completion
    assert asked.value.deferrable
    assert asked.value.reset_dag_run, "a cleared task runs the same run again"
    assert asked.value.logical_date is None


def test_it_ends_as_that_run_has() -> None:
    month = TaxiMonthTriggerOperator(task_id="t", taxi="green", month="2021-01")
    month.trigger_run_id = "its_run"
    month.execute_complete({}, (TRIGGER, {"its_run": "success"}))
    with pytest.raises(AirflowFailException, match="Run its_run of tlc_postgres_green has failed"):
        month.execute_complete({}, (TRIGGER, {"its_run": "failed"}))

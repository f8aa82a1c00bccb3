"""A task that triggers another DAG: its request to Airflow, and its outcome."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, DagRunTriggerException

from nyc_tlc.operators.month_range import TaxiMonthTriggerOperator
from nyc_tlc.operators.trigger_dag import TriggerDagOperator

pytestmark = pytest.mark.unit

TRIGGER = "airflow.providers.standard.triggers.external_task.DagStateTrigger"


def task(**more: Any) -> TriggerDagOperator:
    return TriggerDagOperator(task_id="t", trigger_dag_id="other", trigger_run_id="its_run", **more)


def test_it_triggers_a_run_that_can_be_run_again() -> None:
    with pytest.raises(DagRunTriggerException) as asked:
        task(conf={"brands": 7}).execute({})
    assert (asked.value.trigger_dag_id, asked.value.dag_run_id) == ("other", "its_run")
    assert asked.value.conf == {"brands": 7}
    assert asked.value.reset_dag_run
    assert not asked.value.wait_for_completion


def test_a_month_is_triggered_with_the_params_of_its_dag_and_awaited() -> None:
    month = TaxiMonthTriggerOperator(task_id="t", taxi="green", month="2021-01", force="False")
    with pytest.raises(DagRunTriggerException) as asked:
        month.execute({})
    assert asked.value.conf == {"month": "2021-01", "source": "parquet", "force": False}
    assert asked.value.wait_for_completion
    assert asked.value.deferrable


def test_it_has_the_outcome_of_the_triggered_run() -> None:
    task().execute_complete({}, (TRIGGER, {"its_run": "success"}))
    with pytest.raises(AirflowFailException, match="Run its_run of other has failed"):
        task().execute_complete({}, (TRIGGER, {"its_run": "failed"}))

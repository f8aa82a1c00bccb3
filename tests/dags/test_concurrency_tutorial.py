"""``concurrency_tutorial``: what ``admit`` does for each behaviour, and the limit that queues."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException

pytestmark = pytest.mark.dags


@pytest.fixture
def dag(dag_bag: Any) -> Any:
    return dag_bag.dags["concurrency_tutorial"]


def admit(dag: Any, when_busy: str, running: int) -> Any:
    """``running``: how many of the DAG's runs are, this one among them."""

    def get_dr_count(dag_id: str, states: list[str]) -> int:
        assert (dag_id, states) == ("concurrency_tutorial", ["running"])
        return running

    run = SimpleNamespace(dag_id=dag.dag_id)
    ti = SimpleNamespace(get_dr_count=get_dr_count)
    return dag.get_task("admit").python_callable({"when_busy": when_busy}, ti, run)


@pytest.mark.parametrize("when_busy", ["queue", "cancel", "fail"])
def test_a_run_alone_goes_on(dag: Any, when_busy: str) -> None:
    assert admit(dag, when_busy, running=1) == "no other run is busy"


def test_a_second_run_queues_is_cancelled_or_fails(dag: Any) -> None:
    assert "waits for its turn" in admit(dag, "queue", running=2)
    with pytest.raises(AirflowSkipException, match="cancelled"):
        admit(dag, "cancel", running=2)
    with pytest.raises(AirflowFailException, match="2 other runs are busy"):
        admit(dag, "fail", running=3)


def test_only_one_run_works_at_a_time(dag: Any) -> None:
    assert dag.get_task("work").max_active_tis_per_dag == 1
    assert dag.max_active_runs > 1
    assert dag.get_task("work").python_callable({"seconds": 0}) == 0

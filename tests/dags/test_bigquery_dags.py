"""The BigQuery DAGs: their steps, and that parsing them sends no requests."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.dags

STEPS = [
    "find", "download", "upload", "transform", "load", "check_rows", "check_oddities", "merge",
    "clean_up",
]  # fmt: skip


@pytest.mark.parametrize("taxi", ["yellow", "green", "fhv", "fhvhv"])
def test_the_steps_of_a_month_into_bigquery(dag_bag: Any, taxi: str) -> None:
    dag = dag_bag.dags[f"tlc_bigquery_{taxi}"]
    find = dag.get_task("find")
    assert find.downstream_task_ids >= {"download", "unchanged", "not_published"}
    order = [task.task_id for task in dag.topological_sort() if task.task_id in STEPS]
    assert order == STEPS
    assert dag.get_task("clean_up").is_teardown
    assert dag.get_task("download").is_setup
    assert dag.get_task("merge").downstream_task_ids == {"clean_up"}
    assert [asset.name for asset in dag.get_task("merge").outlets] == [f"bigquery/{taxi}_tripdata"]


@pytest.mark.parametrize("taxi", ["yellow", "green", "fhv", "fhvhv"])
def test_the_form_is_that_of_postgres_and_may_stop_at_the_bucket(dag_bag: Any, taxi: str) -> None:
    forms = [dag_bag.dags[f"tlc_{name}_{taxi}"].params.dump() for name in ("postgres", "bigquery")]
    assert {**forms[0], "until": "trips"} == forms[1]
    assert dag_bag.dags[f"tlc_bigquery_{taxi}"].get_task("transform").until == "{{ params.until }}"


def test_the_place_is_read_when_a_task_runs(dag_bag: Any) -> None:
    for dag_id in ("tlc_bigquery_green", "tlc_gcp_setup", "tlc_parity", "tlc_lab"):
        places = [t.place for t in dag_bag.dags[dag_id].tasks if hasattr(t, "place")]
        assert places
        assert all("{{ var.value" in setting for place in places for setting in place.values())

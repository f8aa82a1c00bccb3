"""What ``airflow tlc deploy-check`` says of two versions of a DAG."""

from __future__ import annotations

from typing import Any

import pytest

from nyc_tlc.cli.dag_changes import DagChange, dag_changes

pytestmark = pytest.mark.unit


def dag(**changes: Any) -> dict[str, Any]:
    """As Airflow serializes it."""
    serialized = {
        "fileloc": "dags/a.py",
        "timetable": {"__type": "airflow.timetables.simple.NullTimetable", "__var": {}},
        "params": [["month", {"__class": "Param", "default": None}]],
        "tasks": [{"__type": "operator", "__var": {"task_id": "load", "retries": 3}}],
        "max_active_runs": 8,
    }
    return serialized | changes


def changes(**changed: Any) -> list[DagChange]:
    return dag_changes({"a": dag()}, {"a": dag(**changed)})


def test_the_same_dag_elsewhere_is_no_change() -> None:
    assert changes(fileloc="dags/b.py") == []


def test_dags_are_added_and_removed() -> None:
    assert dag_changes({"a": dag()}, {"b": dag()}) == [
        DagChange("a", "removed"),
        DagChange("b", "added", ("schedule: NullTimetable()",)),
    ]


@pytest.mark.parametrize(
    ("changed", "detail"),
    [
        (
            {"timetable": {"__type": "x.MonthTimetable", "__var": {"hour": 9}}},
            "schedule: NullTimetable() → MonthTimetable(hour=9)",
        ),
        ({"params": []}, "params: - month"),
        ({"params": [["month", {"__class": "Param", "default": "2021-01"}]]}, "month (default)"),
        ({"tasks": []}, "tasks: - load"),
        ({"tasks": [{"__var": {"task_id": "load", "retries": 0}}]}, "tasks: load (retries)"),
        ({"max_active_runs": 1}, "settings: max_active_runs"),
    ],
)
def test_a_change_says_what_changed(changed: dict[str, Any], detail: str) -> None:
    [found] = changes(**changed)
    assert found.change == "changed"
    assert detail in "; ".join(found.details)

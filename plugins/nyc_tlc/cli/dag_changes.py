"""What differs between two versions of the same DAGs, as Airflow serializes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Where a DAG file is, and what follows from the tasks.
NO_SETTINGS = {
    "_processor_dags_folder", "dag_dependencies", "edge_info", "fileloc", "params", "relative_fileloc",
    "task_group", "tasks", "timetable",
}  # fmt: skip


@dataclass(frozen=True)
class DagChange:
    """``change``: added, changed, removed."""

    dag_id: str
    change: str
    details: tuple[str, ...] = ()


def dag_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[DagChange]:
    """By the DAG's id; a DAG that is the same in both is left out."""
    return [
        change
        for dag_id in sorted({*before, *after})
        if (change := _change(dag_id, before.get(dag_id), after.get(dag_id)))
    ]


def _change(dag_id: str, before: Any, after: Any) -> DagChange | None:
    if before is None:
        return DagChange(dag_id, "added", (f"schedule: {_schedule(after)}",))
    if after is None:
        return DagChange(dag_id, "removed")
    details = tuple(_details(before, after))
    return DagChange(dag_id, "changed", details) if details else None


def _details(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    if before["timetable"] != after["timetable"]:
        yield f"schedule: {_schedule(before)} → {_schedule(after)}"
    yield from _compared("params", _params(before), _params(after))
    yield from _compared("tasks", _tasks(before), _tasks(after))
    settings = [{k: v for k, v in dag.items() if k not in NO_SETTINGS} for dag in (before, after)]
    if changed := _fields(*settings):
        yield f"settings: {changed}"


def _compared(what: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*before, *after}):
        if name not in before:
            yield f"{what}: + {name}"
        elif name not in after:
            yield f"{what}: - {name}"
        elif before[name] != after[name]:
            yield f"{what}: {name} ({_fields(before[name], after[name])})"


def _fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    return ", ".join(names)


def _params(dag: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _content(param) for name, param in dict(dag.get("params") or []).items()}


def _tasks(dag: Mapping[str, Any]) -> dict[str, Any]:
    return {task["task_id"]: task for task in map(_content, dag["tasks"])}


def _content(value: Mapping[str, Any]) -> dict[str, Any]:
    return dict(value.get("__var", value))


def _schedule(dag: Mapping[str, Any]) -> str:
    """The timetable's class and what it was given: ``MonthTimetable(hour=9)``."""
    timetable = dag["timetable"]
    name = str(timetable["__type"]).rsplit(".", 1)[-1]
    given = ", ".join(f"{key}={value}" for key, value in _content(timetable).items())
    return f"{name}({given})"

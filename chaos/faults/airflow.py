"""Airflow's own processes die, or there is one too many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.airflow_lane import AirflowLane, task_process
from chaos.proxy import POINTS
from dev.http_server import Answer

if TYPE_CHECKING:
    from chaos.proxy import Wire
    from chaos.round import Round


def kill_task(played: Round) -> None:
    """The process that runs the task; its supervisor says so, and the task is tried again."""
    _at_point(played, lambda wire: task_process(wire).kill())


def kill_supervisor(played: Round) -> None:
    """The task goes on as an orphan, without a heartbeat, beside its next try."""
    _at_point(played, _kill_supervisor)


def kill_scheduler(played: Round) -> None:
    """In the middle of a task; another scheduler takes its place."""
    _at_point(played, lambda _wire: _lane(played).kill_service("scheduler"))


def kill_triggerer(played: Round) -> None:
    """A run waits in the triggerer for its file when that dies."""
    lane = _lane(played)
    lane.site.always = lane.site.head = Answer(404)
    run_id = lane.trigger(source=played.source, if_unpublished="wait")
    if lane.wait_for(run_id, "deferred", "failed", task_id="find") == "deferred":
        played.hit.set()
        lane.kill_service("triggerer")
    lane.site.always = lane.site.head = None
    _expect_success(played, run_id)


def second_scheduler(played: Round) -> None:
    """It starts while the first one works, and both go on."""
    _at_point(played, lambda _wire: _lane(played).start_service("scheduler"))


def _at_point(played: Round, action: object) -> None:
    lane, point = _lane(played), played.dice.choice(POINTS)
    assert callable(action)
    lane.proxy.at(point, played.hitting(action))
    _expect_success(played, lane.trigger(source=played.source))
    lane.proxy.forget_rules()


def _expect_success(played: Round, run_id: str) -> None:
    state = _lane(played).wait_for(run_id, "success", "failed")
    if state != "success":
        played.verdict.add("hung", f"{run_id} is {state}: {_lane(played).states(run_id)}")


def _kill_supervisor(wire: Wire) -> None:
    supervisor = task_process(wire).parent()
    assert supervisor
    supervisor.kill()


def _lane(played: Round) -> AirflowLane:
    assert isinstance(played.lane, AirflowLane)
    return played.lane

"""Airflow's internals are as ``airflow_internals`` expects them, on whatever Airflow this runs."""

from __future__ import annotations

import inspect
import subprocess
import sys
from types import SimpleNamespace

import pendulum
import pytest
from airflow.providers.common.compat.version_compat import AIRFLOW_V_3_2_PLUS
from airflow.timetables.base import DataInterval

from nyc_tlc import airflow_internals
from nyc_tlc.operators.month_range import TaxiMonthTriggerOperator

pytestmark = pytest.mark.unit


def test_a_run_starts_at_another_moment_than_its_intervals_end() -> None:
    start, due = pendulum.datetime(2024, 3, 1), pendulum.datetime(2024, 4, 1, 13)
    month = DataInterval(start, start.add(months=1))
    info = airflow_internals.run_info(month, run_after=due)
    assert (info.run_after, info.data_interval, info.logical_date) == (due, month, start)


def test_a_running_task_tells_whether_a_dag_is_paused_since_3_2() -> None:
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    assert hasattr(RuntimeTaskInstance, "get_dag") == AIRFLOW_V_3_2_PLUS
    for paused in (True, False):
        task = SimpleNamespace(get_dag=lambda _, paused=paused: SimpleNamespace(is_paused=paused))
        assert airflow_internals.is_paused(task, "green") is paused
    assert airflow_internals.is_paused(SimpleNamespace(), "green") is False


def test_the_backoff_doubles_the_delay() -> None:
    from airflow.sdk import BaseOperator

    task = BaseOperator(task_id="a", retry_exponential_backoff=airflow_internals.DOUBLED_DELAY)
    assert task.retry_exponential_backoff == (2.0 if AIRFLOW_V_3_2_PLUS else True)


def test_airflow_reads_the_name_of_its_process_context() -> None:
    from airflow.sdk.execution_time import context, supervisor

    sources = "".join(inspect.getsource(module) for module in (context, supervisor))
    assert "_AIRFLOW_PROCESS_CONTEXT" in sources


def test_airflows_parser_is_made_of_a_list_of_groups() -> None:
    from airflow.cli import cli_parser

    [dags] = [group for group in cli_parser.airflow_commands if group.name == "dags"]
    assert isinstance(cli_parser.airflow_commands, list)
    assert {command.name for command in dags.subcommands} >= {"trigger", "test"}


def test_a_triggered_run_is_ordered_with_all_that_airflow_asks_for() -> None:
    from airflow.providers.common.compat.sdk import DagRunTriggerException

    task = TaxiMonthTriggerOperator(task_id="load", taxi="green", month="2021-01")
    with pytest.raises(DagRunTriggerException) as raised:
        task.run_step({})  # type: ignore[arg-type]
    assert raised.value.trigger_dag_id == "tlc_postgres_green"


FAILED_TASKS = """
import structlog
from airflow.sdk.log import configure_logging
from airflow.providers.common.compat.sdk import AirflowFailException
from nyc_tlc.core.errors import BadFileError
from nyc_tlc.operators.base import failing_at_once

configure_logging(json_output=False)
log = structlog.get_logger("task")
log.info("bound to its processors")
errors = (
    BadFileError("Cut at 9 %. Expected all of it. Try again."), AirflowFailException("Two failed."),
    KeyError("of another"),
)
for error in errors:
    try:
        with failing_at_once():
            raise error
    except Exception:
        log.exception("Task failed with exception; ti=%s", "load")
"""


def test_airflow_logs_an_error_of_ours_as_a_block_and_others_with_their_traceback() -> None:
    """Through the logger and the processors that Airflow's task runner uses."""
    done = subprocess.run(
        [sys.executable, "-c", FAILED_TASKS], capture_output=True, text=True, check=True
    )
    ours, _, others = (done.stdout + done.stderr).partition("KeyError")[0].partition("ti=load")
    assert "BadFileError:\n  Cut at 9 %.\n  Expected all of it.\n  Try again." in ours
    assert "Failed:\n  Two failed." in ours
    assert "Traceback" not in ours
    assert "Traceback" in others

"""``hello_tutorial`` by a real scheduler, and the commands of docs/first-steps.md as they stand there."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from test_backfill import DONE, wait_for

pytestmark = pytest.mark.e2e

PAGE = (Path(__file__).parents[2] / "docs" / "first-steps.md").read_text()
COMMANDS = re.findall(r"^bin/airflow (.+)$", PAGE, re.MULTILINE)


def test_a_run_by_hand_greets_in_its_log_and_counts_in_its_output(airflow: Any) -> None:
    airflow.unpause("hello_tutorial")
    conf = {"name": "Staten Island"}
    run = airflow.post("dags/hello_tutorial/dagRuns", {"logical_date": None, "conf": conf})
    path = f"dags/hello_tutorial/dagRuns/{run['dag_run_id']}"
    run = wait_for(path, lambda: (r := airflow.get(path))["state"] in DONE and r, 300)
    assert run["state"] == "success"
    count = f"{path}/taskInstances/count"
    assert airflow.get(f"{count}/xcomEntries/return_value")["value"] in (17, "17")
    log = json.dumps(airflow.get(f"{count}/logs/1"))
    assert "Hello, Staten Island! That is 17 letters." in log
    assert len(airflow.get("dags/hello_tutorial/dagRuns")["dag_runs"]) == 1, "nobody asked for it"


def test_the_first_steps_work_as_they_are_written(airflow: Any) -> None:
    """Paused, as a new DAG is: a scheduler would take an unpaused DAG's tasks out of `dags test`'s hands."""
    airflow.pause("hello_tutorial")
    first, queens = (airflow.cli(*shlex.split(command)) for command in COMMANDS)
    assert "Hello, New York! That is 12 letters." in first
    assert "Hello, Queens! That is 11 letters." in queens


def test_an_empty_name_is_refused(airflow: Any) -> None:
    with pytest.raises(RuntimeError, match="ParamValidationError"):
        airflow.cli("dags", "test", "hello_tutorial", "--conf", '{"name": ""}')

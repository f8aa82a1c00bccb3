"""A push to the repository deploys: under a real Airflow, from a private repository over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from test_backfill import DONE, wait_for

from tests.support.compose_tool import dags_settings
from tests.support.git_servers import TOKEN, commit, git, http_server
from tests.support.own_airflow import an_airflow

pytestmark = pytest.mark.e2e

DAG = """
import time
from pathlib import Path
from airflow.sdk import dag, task

@dag(dag_id="{dag_id}", schedule=None)
def made():
    @task
    def wait():
        while not Path({go!r}).exists():
            time.sleep(0.5)

    @task
    def text():
        return "{text}"

    wait() >> text()

made()
"""


@dataclass
class Deployment:
    """A running Airflow, and the work tree whose pushes it follows."""

    airflow: Any
    folder: Path
    go: Path

    def push(self, **dags: str | None) -> str:
        """Write these DAG files (None: remove), push; returns the commit."""
        for dag_id, text in dags.items():
            path = self.folder / "dags" / f"{dag_id}.py"
            if text is None:
                path.unlink()
            else:
                path.write_text(DAG.format(dag_id=dag_id, go=str(self.go), text=text))
        pushed = commit(self.folder, "a change")
        git(self.folder, "push", "--quiet", "origin", "main")
        return pushed

    def dags(self) -> dict[str, Any]:
        return {dag["dag_id"]: dag for dag in self.airflow.get("dags")["dags"]}

    def version(self, dag_id: str) -> str | None:
        dag = self.dags().get(dag_id)
        return dag and str(dag["bundle_version"])


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("git")
    tree = folder / "tree"
    (tree / "dags").mkdir(parents=True)
    git(tree, "init", "--quiet", "--initial-branch", "main")
    git(folder, "init", "--quiet", "--bare", "--initial-branch", "main", "served.git")
    git(tree, "remote", "add", "origin", str(folder / "served.git"))
    Deployment(None, tree, folder / "go").push(steady="one", leaving="one")
    with http_server(folder) as base:
        bundle, connection = dags_settings(folder, DAGS_REPO=f"{base}/served.git", DAGS_TOKEN=TOKEN)
        bundle["kwargs"]["refresh_interval"] = 1
        with an_airflow(
            folder / "home",
            AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST=json.dumps([bundle]),
            AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH=str(folder / "bundles"),
            AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL="1",
            AIRFLOW_CONN_DAGS_REPO=json.dumps(connection),
            AIRFLOW_CONN_TLC_POSTGRES="postgres://nobody@127.0.0.1:1/none",
        ) as running:
            yield Deployment(running, tree, folder / "go")


def test_a_deployment_by_push(deployment: Deployment) -> None:
    """One story, since each step is the next one's beginning."""
    first = git(deployment.folder, "rev-parse", "HEAD")
    wait_for("the first commit", lambda: deployment.version("steady") == first, 120)
    run = started_run(deployment, "steady")

    second = deployment.push(steady="two", leaving=None, coming="two")
    wait_for("the second commit", lambda: deployment.version("steady") == second, 120)
    wait_for("the new DAG", lambda: "coming" in deployment.dags(), 60)
    wait_for("the removed DAG's end", lambda: "leaving" not in deployment.dags(), 60)

    deployment.go.touch()
    path = f"dags/steady/dagRuns/{run}"
    ended = wait_for(
        "the run", lambda: (r := deployment.airflow.get(path))["state"] in DONE and r, 120
    )
    assert (ended["state"], ended["bundle_version"]) == ("success", first)
    returned = deployment.airflow.get(f"{path}/taskInstances/text/xcomEntries/return_value")
    assert returned["value"] in ("one", '"one"')  # not what the second commit returns

    broken = deployment.folder / "dags" / "steady.py"
    # Airflow takes no file for a DAG's that does not mention it.
    broken.write_text("from airflow.sdk import dag\nraise RuntimeError('this commit is broken')\n")
    deployment.push()
    errors = wait_for(
        "the import error", lambda: deployment.airflow.get("importErrors")["import_errors"], 120
    )
    assert "this commit is broken" in errors[0]["stack_trace"]
    wait_for("the broken file's DAG to leave", lambda: "steady" not in deployment.dags(), 60)
    assert "coming" in deployment.dags()

    repaired = deployment.push(steady="three")
    wait_for("the repair", lambda: deployment.version("steady") == repaired, 120)
    assert not deployment.airflow.get("importErrors")["import_errors"]


def started_run(deployment: Deployment, dag_id: str) -> str:
    """A run whose first task waits."""
    airflow = deployment.airflow
    airflow.patch(f"dags/{dag_id}", {"is_paused": False})
    run = str(airflow.post(f"dags/{dag_id}/dagRuns", {"logical_date": None})["dag_run_id"])
    wait = f"dags/{dag_id}/dagRuns/{run}/taskInstances/wait"
    wait_for("the first task", lambda: airflow.get(wait)["state"] == "running", 120)
    return run

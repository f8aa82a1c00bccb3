"""The plugin's pages under Airflow's FAB auth manager, by a real api-server's app, its database and roles.

In the environment of ``make test-airflow-3.3.1`` only, which has the provider (tests/dags/conftest.py).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.dags

ROOT = Path(__file__).parents[2]
FOR_EVERYBODY = {"/tlc/months/months.js", "/tlc/months/months.css"}
# No warehouse is there: who gets past the check of rights learns that it cannot be reached.
DETAILS = "/tlc/months/data/postgres/green/2021-01"
WHO_MAY_SEE = {"reports": {"reports", "admin"}, "months": {"months", "admin"}}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, str, int]]:
    home = tmp_path_factory.mktemp("fab")
    month = home / "reports" / "green" / "2021-01"
    month.mkdir(parents=True)
    (month / "report.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    for name in ("days.csv", "zones.csv"):
        (month / name).write_text("a,b\n1,2\n")
    settings = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of this test, of 32 characters and more",
        "AIRFLOW_VAR_TLC_REPORTS": str(home / "reports"),
        "AIRFLOW_CONN_TLC_POSTGRES": "postgres://nobody@127.0.0.1:1/none",
    }
    own = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("fab_answers.py"))],
        env={**own, **settings},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [tuple(each) for each in json.loads(done.stdout.splitlines()[-1])]


def test_every_route_and_method_is_only_for_who_may_see_the_dag(
    answers: list[tuple[str, str, str, int]],
) -> None:
    assert len(answers) == 6 * 7 * 8  # people, methods, routes
    wrong = [each for each in answers if each[3] != expected(*each[:3])]
    assert wrong == []


def expected(person: str, method: str, path: str) -> int:
    if method != "GET":
        return 405
    if path in FOR_EVERYBODY:
        return 200
    if person == "nobody":
        return 401
    if person not in WHO_MAY_SEE["months" if path.startswith("/tlc/months/") else "reports"]:
        return 403
    return 503 if path == DETAILS else 200

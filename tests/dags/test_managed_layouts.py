"""``make dist-google`` and ``make dist-mwaa``: an Airflow with nothing else of ours parses every DAG.

It is the Airflow that runs the tests: in ``make test-airflow-3.3.1``, that of the official constraints.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import Any

import pytest

from dev import dist

pytestmark = pytest.mark.dags

ROOT = Path(__file__).parents[2]
OURS = ("airflow_provider_nyc_tlc", "_editable_impl_airflow_provider_nyc_tlc", "nyc_tlc")
SQL = ("create_trip_summary.sql", "summarise_month.sql")


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """A virtual environment with all that this one has, but not this package."""
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    [packages] = environment.glob("lib/*/site-packages")
    for path in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if not path.name.startswith(OURS):
            (packages / path.name).symlink_to(path)
    return environment / "bin" / "python"


def parsed(python: Path, home: Path, **settings: str) -> Any:
    environment = {"PATH": "/usr/bin:/bin", "AIRFLOW_HOME": str(home), **settings}
    script = ROOT / "tests" / "dags" / "parse_layout.py"
    done = subprocess.run(
        [python, script], env=environment, cwd=home, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def require_every_dag(found: Any, dag_bag: Any) -> None:
    assert found["errors"] == {}
    assert set(found["dags"]) == set(dag_bag.dags)
    assert found["sql"] == [(ROOT / "dags" / "sql" / name).read_text() for name in SQL]
    assert found["timetable"] == "nyc_tlc.timetables.month.MonthTimetable"


def test_google_s_bucket_has_all_that_the_dags_need(
    tmp_path: Path, python: Path, dag_bag: Any
) -> None:
    home = tmp_path / "google"
    dist.main("google", home)
    found = parsed(python, home, AIRFLOW__CORE__LOAD_EXAMPLES="False")
    assert not found["installed"]
    require_every_dag(found, dag_bag)


def test_mwaa_s_plugins_zip_and_dags_are_enough(tmp_path: Path, python: Path, dag_bag: Any) -> None:
    home = tmp_path / "mwaa"
    dist.main("mwaa", home)
    with zipfile.ZipFile(home / "plugins.zip") as archive:
        archive.extractall(home / "plugins")
    [wheel] = (home / "plugins").glob("*.whl")
    constraint, package = (home / "requirements.txt").read_text().splitlines()
    assert constraint.startswith('--constraint "https://')
    assert package == f"airflow-provider-nyc-tlc[aws] @ file://{dist.PLUGINS}/{wheel.name}"
    offline = ["--offline", "--no-index", "--no-deps", "--python", str(python)]
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "pip", "install", "--quiet", *offline, str(wheel)], check=True)
    found = parsed(python, home, AIRFLOW__CORE__LOAD_EXAMPLES="False")
    assert found["installed"]
    require_every_dag(found, dag_bag)


def test_google_s_packages_are_those_of_the_package(tmp_path: Path) -> None:
    dist.main("google", tmp_path / "google")
    lines = (tmp_path / "google" / "requirements.txt").read_text().splitlines()
    names = {line.split(">")[0].split("[")[0] for line in lines}
    assert {"duckdb", "pgpq", "psycopg", "apache-airflow-providers-google"} <= names
    assert "apache-airflow" not in names, "the service brings Airflow itself"

"""``pip install`` of the wheel into an environment that has nothing else: its DAGs load a month.

The commands run in one process, since each new one spends seconds on importing Airflow.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.own_airflow import a_warehouse
from tests.support.wheel import build_wheel, environment_of

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
SOME_DAGS = ("tlc_postgres_green", "tlc_range", "tlc_report", "products_tutorial")
ROWS = 40
MONTH = json.dumps({"month": "2021-01"})
BUNDLES = [{"name": "nyc-tlc", "classpath": "nyc_tlc.bundle.NycTlcDagBundle", "kwargs": {}}]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and what it requires, at the versions of the lock."""
    folder = tmp_path_factory.mktemp("bare")
    lock = ("--constraint", str(ROOT / "requirements.txt"))
    return environment_of(folder / "environment", *lock, str(build_wheel(folder))).parents[1]


@pytest.fixture(scope="module")
def printed(bare: Path, warehouse_socket: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    from dev.generator import era_of, write

    home = tmp_path_factory.mktemp("home")
    write(home / "green_tripdata_2021-01.parquet", era_of("green", "2021-01"), "2021-01", ROWS)
    source = {"conn_type": "nyc_tlc", "host": home.as_uri()}
    settings = {
        "PATH": os.environ["PATH"],
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "True",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(BUNDLES),
        "AIRFLOW_CONN_TLC_POSTGRES": a_warehouse(warehouse_socket, "wheel_alone"),
        "AIRFLOW_CONN_TLC_DEFAULT": json.dumps(source),
    }
    commands = (
        "db migrate",
        "dags list --local --output plain --bundle-name airflow-provider-nyc-tlc-example-dags",
        f"dags test tlc_postgres_green --conf '{MONTH}'",
        "dags test tlc_summary",
        "dags test tlc_gcp_setup",
    )
    script = str(ROOT / "tests" / "e2e" / "airflow_commands.py")
    done = subprocess.run(
        [bare / "bin" / "python", script, *commands], env=settings, cwd=home,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture
def warehouse(printed: str, warehouse_socket: str) -> Any:
    with psycopg.connect(host=warehouse_socket, user="postgres", dbname="wheel_alone") as opened:
        yield opened


def test_a_month_is_loaded_and_summarised(printed: str, warehouse: Any) -> None:
    for table in ("SELECT count(*) FROM green_tripdata", "SELECT sum(trips) FROM trip_summary"):
        assert warehouse.execute(table).fetchone() == (ROWS,), printed


def test_airflow_lists_the_examples_without_a_traceback(printed: str, bare: Path) -> None:
    """All of them, where no extra is installed."""
    assert not list(bare.glob("lib/*/site-packages/airflow/providers/google"))
    listed = printed[: printed.index("$ airflow dags test")]
    assert [dag_id for dag_id in SOME_DAGS if dag_id not in listed] == []
    for problem in ("Could not load provider module", "Traceback", "import errors"):
        assert problem not in listed


def test_a_task_that_needs_an_extra_names_it(printed: str) -> None:
    said = printed[printed.index("$ airflow dags test tlc_gcp_setup") :]
    assert "pip install 'airflow-provider-nyc-tlc[google]'" in said
    assert "UP_FOR_RETRY" not in said

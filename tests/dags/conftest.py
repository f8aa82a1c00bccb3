"""Loads the DAG files as Airflow does, without a metadata database."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

# Before the first import of airflow, which reads them once.
os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="nyc_tlc_airflow_"))
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = str(ROOT / "dags")
os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "False"


# Its provider is in one environment only: that of dev/locks/also-3.3.1.in.
if importlib.util.find_spec("flask_appbuilder") is None:
    collect_ignore = ["test_fab_auth_manager.py"]


@pytest.fixture(scope="session")
def load_dags() -> Callable[[Path], Any]:
    """Airflow's own loader, of a folder or a file."""
    try:
        from airflow.dag_processing.dagbag import DagBag
    except ModuleNotFoundError:  # Airflow 3.1
        from airflow.models.dagbag import DagBag

    return lambda path: DagBag(dag_folder=str(path))


@pytest.fixture(scope="session")
def dag_bag(load_dags: Callable[[Path], Any]) -> Any:
    folder = ROOT / "dags"
    assert list(folder.glob("*.py")), f"no DAG files in {folder}"
    return load_dags(folder)

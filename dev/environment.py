"""The environment variables of this checkout's Airflow: home, DAGs, plugins, embedded warehouse."""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from dev import warehouse

ROOT = Path(__file__).resolve().parents[1]
LOCAL = ROOT / ".local"


SAMPLES = ROOT / "dev" / "samples" / "trip-data"
SAMPLES_CHOSEN = "source.json"


def airflow_environment(caller: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Our defaults, overridden by the caller's environment; starts the warehouse if none is set."""
    home = Path(caller.get("AIRFLOW_HOME", LOCAL / "airflow"))
    defaults = _airflow_defaults(home) | _chosen_source(home)
    if "AIRFLOW_VAR_GCP_PROJECT_ID" not in caller:
        defaults["TLC_WAREHOUSES"] = "postgres"  # the list of DAGs is for newcomers too
    if "AIRFLOW_CONN_TLC_POSTGRES" not in caller:
        defaults["AIRFLOW_CONN_TLC_POSTGRES"] = _warehouse_connection()
    before = {"PATH": Path(sys.executable).parent, "PYTHONPATH": ROOT}
    paths = {name: f"{path}{os.pathsep}{caller.get(name, '')}" for name, path in before.items()}
    return {**defaults, **caller, **paths}


def _airflow_defaults(home: Path) -> dict[str, str]:
    _make_private(home)
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS": "dev.metadata_sqlite.CONNECT_ARGS",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(2 * (os.cpu_count() or 2)),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API_AUTH__JWT_SECRET": _secret(home / "jwt_secret"),
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        # The schedule begins this month, so unpausing a DAG does not start a catchup of years.
        "TLC_START_MONTH": f"{dt.datetime.now(dt.UTC):%Y-%m}",
        "AIRFLOW_CONN_PRODUCTS_API": '{"conn_type": "http", "host": "https://dummyjson.com"}',
        "AIRFLOW_VAR_TLC_LANDING": (LOCAL / "landing").as_uri(),
        "AIRFLOW_VAR_TLC_REPORTS": str(LOCAL / "reports"),
        # On macOS a forked task crashes when it asks the system for proxies.
        "no_proxy": "*" if sys.platform == "darwin" else "",
        "PYTHONWARNINGS": "ignore::DeprecationWarning,ignore:Could not import graphviz",
    }


def choose_source(home: Path, source: Mapping[str, str]) -> None:
    """Where the demo used the samples, later commands use them too, until a demo reaches TLC."""
    chosen = home / SAMPLES_CHOSEN
    if source["host"] == SAMPLES.as_uri():
        home.mkdir(parents=True, exist_ok=True)
        chosen.write_text(json.dumps(dict(source)))
    else:
        chosen.unlink(missing_ok=True)


def _chosen_source(home: Path) -> dict[str, str]:
    chosen = home / SAMPLES_CHOSEN
    return {"AIRFLOW_CONN_TLC_DEFAULT": chosen.read_text()} if chosen.exists() else {}


def _make_private(home: Path) -> None:
    """Airflow writes the admin's password and its database there, readable by every user of the machine.

    The checkout's own folder is shut also where it was there before; a caller's is the caller's.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if home.parent == LOCAL:
        home.chmod(0o700)


def _warehouse_connection() -> str:
    return warehouse.airflow_connection(warehouse.start())


def _secret(path: Path) -> str:
    """The secret of this checkout, created once; only its owner can read it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(32))
    return path.read_text()

"""Defaults that all DAGs of this package share, each in this one place."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.configuration import AIRFLOW_HOME
from airflow.sdk import Asset

from nyc_tlc.airflow_internals import DOUBLED_DELAY
from nyc_tlc.callbacks import record_failure
from nyc_tlc.core.catalog import Month, Taxi, Warehouse

START_MONTH = Month.parse(os.environ.get("TLC_START_MONTH", "2019-01"))
# A run's own source, or the default one: the Variable, or the environment, or TLC's Parquet.
DEFAULT_SOURCE = os.environ.get("TLC_SOURCE", "parquet")
SOURCE = (
    "{{ params.source if params.source != 'default' "
    f"else var.value.get('tlc_source', {json.dumps(DEFAULT_SOURCE)}) }}}}"
)
# Each user's own, so that no other user of the machine can be there first (core/private_folder.py).
FOLDER = Path(AIRFLOW_HOME).absolute() / "nyc_tlc"
DEFAULT_LANDING = (FOLDER / "landing").as_uri()
DEFAULT_REPORTS = str(FOLDER / "reports")
LANDING = f"{{{{ var.value.get('tlc_landing', {json.dumps(DEFAULT_LANDING)}) }}}}"
REPORTS = f"{{{{ var.value.get('tlc_reports', {json.dumps(DEFAULT_REPORTS)}) }}}}"
# The folder that a worker shares with its scripts: that of the reports, unless these are in an object store.
_SCRIPTS_FOLDER = (
    "var.value.get('tlc_scripts_folder', "
    f"{{kept}} if '://' not in {{kept}} else {json.dumps(DEFAULT_REPORTS)})"
).format(kept=f"var.value.get('tlc_reports', {json.dumps(DEFAULT_REPORTS)})")
SCRIPTS_FOLDER = f"{{{{ {_SCRIPTS_FOLDER} }}}}"
# The same folder as the container engine knows it: a path on its machine, or a volume's name.
REPORTS_MOUNT = f"{{{{ var.value.get('tlc_reports_mount', {_SCRIPTS_FOLDER}) }}}}"

# Where script tasks run, and from where Kubernetes pulls their images.
SCRIPTS: dict[str, str] = {
    "run_in": "{{ var.value.get('tlc_scripts_run_in', 'docker') }}",
    "registry": "{{ var.value.get('tlc_scripts_registry', '') }}",
}

# TLC publishes a month about two months after its end. How often a waiting run asks for it; it gives
# up after 120 days (nyc_tlc.sensors.find).
POKE_INTERVAL = timedelta(seconds=float(os.environ.get("TLC_POKE_SECONDS", "3600")))
# After how many days people are notified that a run has not ended; unset: never. Unset by default,
# because `airflow dags test` of Airflow 3.3.2 fails at the end of a run whose DAG has a deadline
# (github.com/apache/airflow/issues/73428).
LATE_AFTER_DAYS = os.environ.get("TLC_LATE_AFTER_DAYS")

# Of which warehouses there are DAGs. bin/airflow and make ui leave BigQuery out where Google Cloud is not
# set up (dev/environment.py).
WAREHOUSES = frozenset(
    Warehouse(name.strip())
    for name in os.environ.get("TLC_WAREHOUSES", "postgres,bigquery").split(",")
)

DEFAULT_ARGS: dict[str, Any] = {
    "retries": 3,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": DOUBLED_DELAY,  # Airflow adds a jitter
    "max_retry_delay": timedelta(minutes=10),
    "execution_timeout": timedelta(hours=2),
    "pool": os.environ.get("TLC_POOL", "default_pool"),
    "on_failure_callback": record_failure,
}


def first_month(taxi: Taxi) -> Month:
    """Where the schedule of a taxi begins, and catchup: START_MONTH, or the taxi's first if later."""
    return max(taxi.first_month, START_MONTH)


def trips_asset(warehouse: Warehouse, taxi: Taxi) -> Asset:
    """The trips table of a taxi: ``postgres/green_tripdata``.

    No URI: the server's name is the connection's, known at run time only; and with one, Airflow
    imports every provider's URI handlers (Google's takes a second) as it parses the DAG.
    """
    name = f"{warehouse}/{taxi.trips_table}"
    return Asset(name=name, group="nyc_tlc", extra={"taxi": str(taxi)})


# The Variable of each part of a place in Google Cloud, and its default.
PLACE_VARIABLES = {
    "project": ("gcp_project_id", ""),
    "location": ("gcp_location", "US"),
    "bucket": ("gcp_bucket_name", ""),
    "dataset": ("gcp_dataset", "nyc_tlc"),
}
# Read when a task runs, never while a DAG file is parsed.
PLACE: dict[str, str] = {
    name: f"{{{{ var.value.get('{variable}', '{default}') }}}}"
    for name, (variable, default) in PLACE_VARIABLES.items()
}

# The largest month of all (fhvhv) is 4 GiB when it is cast.
MAXIMUM_BYTES = 20 << 30
MAXIMUM_BYTES_BILLED = f"{{{{ var.value.get('gcp_maximum_bytes_billed', '{MAXIMUM_BYTES}') }}}}"

GOOGLE_CLOUD: dict[str, Any] = {"place": PLACE}
BIGQUERY_JOB: dict[str, Any] = {"place": PLACE, "maximum_bytes_billed": MAXIMUM_BYTES_BILLED}

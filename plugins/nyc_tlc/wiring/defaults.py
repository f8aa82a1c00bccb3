"""What holds for all taxi DAGs unless a DAG says otherwise, each in this one place."""

from __future__ import annotations

import os
from datetime import timedelta
from enum import StrEnum
from typing import Any

from nyc_tlc.airflow_internals import DOUBLED_DELAY
from nyc_tlc.catalog import Month, Taxi
from nyc_tlc.failures import record_failure

START_MONTH = Month.parse(os.environ.get("TLC_START_MONTH", "2019-01"))
DEFAULT_LANDING = "file:///var/tmp/nyc_tlc/landing"
LANDING = f"{{{{ var.value.get('tlc_landing', '{DEFAULT_LANDING}') }}}}"
REPORTS = "{{ var.value.get('tlc_reports', '/var/tmp/nyc_tlc/reports') }}"
# The same folder as the container engine knows it: a path on its machine, or a volume's name.
REPORTS_MOUNT = (
    "{{ var.value.get('tlc_reports_mount', "
    "var.value.get('tlc_reports', '/var/tmp/nyc_tlc/reports')) }}"
)

# TLC publishes a month some two months after its end. How often a run that waits asks for it; it
# gives up after 120 days (nyc_tlc.sensors.file).
POKE_INTERVAL = timedelta(seconds=float(os.environ.get("TLC_POKE_SECONDS", "3600")))
# After how many days people are told that a run has not ended; unset: never. Not set by default, for
# Airflow 3.3.2's own `airflow dags test` breaks at the end of a run whose DAG has a deadline
# (github.com/apache/airflow/issues/73428).
LATE_AFTER_DAYS = os.environ.get("TLC_LATE_AFTER_DAYS")

DEFAULT_ARGS: dict[str, Any] = {
    "retries": 3,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": DOUBLED_DELAY,  # Airflow adds a jitter
    "max_retry_delay": timedelta(minutes=10),
    "execution_timeout": timedelta(hours=2),
    "pool": os.environ.get("TLC_POOL", "default_pool"),
    "on_failure_callback": record_failure,
}


class Warehouse(StrEnum):
    """Where months are loaded into; part of the DAG's id, a tag, and part of the asset's name."""

    POSTGRES = "postgres"
    BIGQUERY = "bigquery"

    @property
    def display_name(self) -> str:
        return {"postgres": "Postgres", "bigquery": "BigQuery"}[self.value]


def first_month(taxi: Taxi) -> Month:
    """Where the schedule of a taxi begins, and catchup: START_MONTH, or the taxi's first if later."""
    return max(taxi.first_month, START_MONTH)

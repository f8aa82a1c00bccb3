"""Buttons on a task in Airflow's UI: source file, trips table, ledger row, BigQuery job, triggered run.

The links to Postgres open your own UI (pgAdmin, Metabase, …). Set its addresses in two Variables:
``tlc_table_url`` with ``{schema}`` and ``{table}``, ``tlc_ledger_url`` with ``{load_id}``. Without them
those two buttons have no link. The links to BigQuery open Google's console. They are not Google's own
link classes, because importing those adds a second to each parse of a DAG file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.providers.common.compat.sdk import BaseOperatorLink

from nyc_tlc.core.catalog import Taxi

if TYPE_CHECKING:
    from airflow.sdk.types import TaskInstanceKey

LEDGER_ADDRESS = "tlc_ledger_url"  # a Variable
CONSOLE = "https://console.cloud.google.com/bigquery"


class SourceFileLink(BaseOperatorLink):
    """Links to the trip file, if its source is on the web."""

    name = "Source file"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:
        url = str(getattr(operator, "found_url", None) or "")
        return url if url.startswith("http") else ""


class TripsTableLink(BaseOperatorLink):
    """Links to the trips table in the user's own UI."""

    name = "Trips table"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:
        table = Taxi(operator.file["taxi"]).trips_table
        return _address("tlc_table_url", schema=operator.schema, table=table)


class LedgerRowLink(BaseOperatorLink):
    """Links to the load's row of tlc_load in the user's own UI."""

    name = "Ledger row"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:
        load_id = getattr(operator, "load_id", None)
        return "" if load_id is None else _address(LEDGER_ADDRESS, load_id=load_id)


class BigQueryJobLink(BaseOperatorLink):
    """Links to the task's job in Google's console: bytes read, cost, and error."""

    name = "BigQuery job"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:
        job_id = getattr(operator, "job_id", None)
        if job_id is None:
            return ""
        project, location = operator.place["project"], operator.place["location"]
        return f"{CONSOLE}?project={project}&ws=!1m5!1m4!1m3!1s{project}!2s{job_id}!3s{location}"


class BigQueryTableLink(BaseOperatorLink):
    """Links to the trips table in Google's console."""

    name = "Trips table"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:
        project, dataset = operator.place["project"], operator.place["dataset"]
        trips = Taxi(operator.file["taxi"]).trips_table
        table = f"d={dataset}&p={project}&page=table&t={trips}"
        return f"{CONSOLE}?referrer=search&project={project}&{table}"


class TriggeredRunLink(BaseOperatorLink):
    """Links to the run of another DAG that the task triggered."""

    name = "Triggered DAG"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:
        return run_url(operator.trigger_dag_id, operator.trigger_run_id)


def run_url(dag_id: str, run_id: str) -> str:
    """The address of a run in Airflow's UI."""
    from airflow.providers.common.compat.sdk import conf

    base = conf.get("api", "base_url", fallback="http://localhost:8080/").rstrip("/")
    return f"{base}/dags/{dag_id}/runs/{quote(run_id)}"


def _address(variable: str, **parts: object) -> str:
    """The Variable's text with its ``{parts}`` filled in; empty if it is not set."""
    from airflow.sdk import Variable

    return filled_in(str(Variable.get(variable, default="")), **parts)


def filled_in(address: str, **parts: object) -> str:
    """An address with its ``{parts}`` filled in."""
    for name, value in parts.items():
        address = address.replace(f"{{{name}}}", quote(str(value), safe=""))
    return address

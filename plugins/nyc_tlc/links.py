"""Buttons on a task in Airflow's UI: the source's file, the trips table, the load's ledger row, the
job in BigQuery, the run of another DAG.

Addresses of tables in Postgres are the ones of a UI of your own (pgAdmin, Metabase, …), in Variables:
``tlc_table_url`` with ``{schema}`` and ``{table}``, ``tlc_ledger_url`` with ``{load_id}``. Without
them those two buttons lead nowhere. BigQuery's are Google's console, by the addresses that Google's own
operators have; those links cost a second of each parse of a DAG file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.providers.common.compat.sdk import BaseOperatorLink

from nyc_tlc.core.catalog import Taxi

if TYPE_CHECKING:
    from airflow.sdk.types import TaskInstanceKey

CONSOLE = "https://console.cloud.google.com/bigquery"


class SourceFileLink(BaseOperatorLink):
    """To the trip file, where its source is on the web."""

    name = "Source file"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:
        url = str(getattr(operator, "found_url", None) or "")
        return url if url.startswith("http") else ""


class TripsTableLink(BaseOperatorLink):
    """To the trips table in a UI of the user's own."""

    name = "Trips table"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:
        table = Taxi(operator.file["taxi"]).trips_table
        return _address("tlc_table_url", schema=operator.schema, table=table)


class LedgerRowLink(BaseOperatorLink):
    """To the load's row of tlc_load, in the same UI."""

    name = "Ledger row"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:
        load_id = getattr(operator, "load_id", None)
        return "" if load_id is None else _address("tlc_ledger_url", load_id=load_id)


class BigQueryJobLink(BaseOperatorLink):
    """To the task's job in Google's console: what it read and cost, and why it failed."""

    name = "BigQuery job"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:
        job_id = getattr(operator, "job_id", None)
        if job_id is None:
            return ""
        project, location = operator.place["project"], operator.place["location"]
        return f"{CONSOLE}?project={project}&ws=!1m5!1m4!1m3!1s{project}!2s{job_id}!3s{location}"


class BigQueryTableLink(BaseOperatorLink):
    """To the trips table in Google's console."""

    name = "Trips table"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:
        project, dataset = operator.place["project"], operator.place["dataset"]
        trips = Taxi(operator.file["taxi"]).trips_table
        table = f"d={dataset}&p={project}&page=table&t={trips}"
        return f"{CONSOLE}?referrer=search&project={project}&{table}"


class TriggeredRunLink(BaseOperatorLink):
    """To the run of another DAG that the task has started."""

    name = "Triggered DAG"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:
        return run_url(operator.trigger_dag_id, operator.trigger_run_id)


def run_url(dag_id: str, run_id: str) -> str:
    """Where Airflow's UI shows a run."""
    from airflow.providers.common.compat.sdk import conf

    base = conf.get("api", "base_url", fallback="http://localhost:8080/").rstrip("/")
    return f"{base}/dags/{dag_id}/runs/{quote(run_id)}"


def _address(variable: str, **parts: object) -> str:
    """The Variable's text with its ``{parts}`` filled in; empty where it is not set."""
    from airflow.sdk import Variable

    address = str(Variable.get(variable, default=""))
    for name, value in parts.items():
        address = address.replace(f"{{{name}}}", quote(str(value), safe=""))
    return address

"""The links on a task: their addresses, and no link if the address is unknown."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from nyc_tlc.links import (
    BigQueryJobLink,
    BigQueryTableLink,
    LedgerRowLink,
    SourceFileLink,
    TriggeredRunLink,
    TripsTableLink,
)
from nyc_tlc.operators.bigquery import BigQueryLoadOperator, BigQueryMergeOperator
from nyc_tlc.operators.postgres import PostgresMergeOperator
from nyc_tlc.sensors.find import PostgresFindSensor

pytestmark = pytest.mark.unit

KEY: Any = None


def merge() -> PostgresMergeOperator:
    file = {"taxi": "green", "month": "2021-01", "source": "parquet"}
    return PostgresMergeOperator(task_id="merge", file=file, landed={}, staged={}, oddities={})


def test_which_task_has_which_buttons() -> None:
    assert [link.name for link in PostgresFindSensor.operator_extra_links] == ["Source file"]
    names = [link.name for link in PostgresMergeOperator.operator_extra_links]
    assert names == ["Trips table", "Ledger row"]
    assert [link.name for link in BigQueryLoadOperator.operator_extra_links] == ["BigQuery job"]
    names = [link.name for link in BigQueryMergeOperator.operator_extra_links]
    assert names == ["BigQuery job", "Trips table"]


@pytest.mark.parametrize(
    ("found", "link"),
    [
        ("https://a.org/green.parquet", "https://a.org/green.parquet"),
        ("file:///data/green.parquet", ""),
        (None, ""),
    ],
)
def test_the_source_s_file_is_linked_if_a_browser_can_open_it(found: str | None, link: str) -> None:
    find = PostgresFindSensor(task_id="find", taxi="green")
    find.found_url = found
    assert SourceFileLink().get_link(find, ti_key=KEY) == link


def test_table_and_ledger_row_use_the_configured_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_TLC_TABLE_URL", "https://ui/{schema}/{table}?x={y}")
    monkeypatch.setenv("AIRFLOW_VAR_TLC_LEDGER_URL", "https://ui/tlc_load/{load_id}")
    done = merge()
    done.schema = "my schema"
    assert LedgerRowLink().get_link(done, ti_key=KEY) == ""
    done.load_id = 7
    links = [link.get_link(done, ti_key=KEY) for link in (TripsTableLink(), LedgerRowLink())]
    assert links == ["https://ui/my%20schema/green_tripdata?x={y}", "https://ui/tlc_load/7"]


def test_job_and_trips_table_link_to_the_addresses_of_googles_operators() -> None:
    """Their links are not imported by a DAG file: it would cost a second each time it is parsed."""
    from airflow.providers.google.cloud.links.base import BASE_LINK
    from airflow.providers.google.cloud.links.bigquery import (
        BIGQUERY_JOB_DETAIL_LINK,
        BIGQUERY_TABLE_LINK,
    )

    place = {"project": "a-project", "location": "EU", "bucket": "a-bucket", "dataset": "taxis"}
    load = BigQueryLoadOperator(task_id="load", file={"taxi": "green"}, place=place, prepared={})
    assert BigQueryJobLink().get_link(load, ti_key=KEY) == ""
    load._job = SimpleNamespace(job_id="tlc_load_1")
    job = BIGQUERY_JOB_DETAIL_LINK.format(
        project_id="a-project", location="EU", job_id="tlc_load_1"
    )
    assert BigQueryJobLink().get_link(load, ti_key=KEY) == BASE_LINK + job
    table = BIGQUERY_TABLE_LINK.format(
        project_id="a-project", dataset_id="taxis", table_id="green_tripdata"
    )
    assert BigQueryTableLink().get_link(load, ti_key=KEY) == BASE_LINK + table


def test_the_run_that_was_triggered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.org/")
    task = SimpleNamespace(trigger_dag_id="other", trigger_run_id="a__1+00:00")
    link = TriggeredRunLink().get_link(task, ti_key=KEY)
    assert link == "https://airflow.example.org/dags/other/runs/a__1%2B00%3A00"

"""The operators by themselves: their template fields, documentation, and what errors become."""

from __future__ import annotations

import json
from inspect import signature
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from nyc_tlc import operators
from nyc_tlc.catalog import Month, Taxi, TripFile
from nyc_tlc.errors import BadFile, SourceUnreachable, TlcError
from nyc_tlc.operators import bigquery, month_range
from nyc_tlc.operators.base import TaxiOperator, as_bool

pytestmark = pytest.mark.unit

FIELDS = {
    "TaxiMonthsOperator": {"taxi", "taxis", "first", "last", "warehouse"},
    "TaxiMonthTriggerOperator": {
        "taxi", "month", "source", "force", "warehouse",
        "trigger_dag_id", "conf", "trigger_run_id",
    },
    "TaxiRangeSummaryOperator": {
        "taxis", "first", "last", "warehouse", "schema", "postgres_conn_id", "place", "gcp_conn_id",
    },
    "TriggerDagOperator": {"trigger_dag_id", "conf", "trigger_run_id"},
    "TaxiDownloadOperator": {"file", "landing"},
    "TaxiStageOperator": {
        "file", "landed", "force", "max_rejects", "schema", "staging_schema", "postgres_conn_id",
    },
    "TaxiCheckRowsOperator": {"file", "landed", "staged", "postgres_conn_id"},
    "TaxiCheckOdditiesOperator": {"file", "staged", "postgres_conn_id"},
    "TaxiMergeOperator": {
        "file", "landed", "staged", "report", "mode", "force", "schema", "postgres_conn_id",
    },
    "TaxiSummaryOperator": {
        "create", "summarise", "taxi", "month", "schema", "postgres_conn_id",
    },
    "TaxiZonesOperator": {"landing", "schema", "tlc_conn_id", "postgres_conn_id"},
    "TaxiCleanUpOperator": {"file", "landing", "keep_landed", "staging_schema", "postgres_conn_id"},
    "ScriptContainerOperator": {
        "image", "command", "mount", "folder", "read_only", "environment", "memory", "cpus", "network",
        "docker_url",
    },
    "TaxiReportMonthsOperator": {"reports", "taxi", "month", "schema", "postgres_conn_id"},
    "TaxiExtractOperator": {"file", "reports", "schema", "postgres_conn_id"},
    "TaxiReportOperator": {
        "image", "command", "mount", "folder", "read_only", "environment", "memory", "cpus", "network",
        "docker_url", "file",
    },
    "TaxiReportCleanUpOperator": {"file", "reports"},
    "JsonDownloadOperator": {"url", "to", "query", "parts", "http_conn_id", "default_url"},
    "FileQueryOperator": {"sql", "tables", "to", "most_rows"},
}  # fmt: skip


class Failing(TaxiOperator):
    """Fails with what it is given."""

    def __init__(self, *, error: TlcError, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error = error

    def run_step(self, context: Any) -> None:
        raise self.error


def test_these_are_the_operators() -> None:
    assert {*operators.__all__, *month_range.__all__} == {*FIELDS, "spelled"}


@pytest.mark.parametrize("name", FIELDS)
def test_every_argument_is_templated(name: str) -> None:
    home = month_range if name in month_range.__all__ else operators
    assert set(getattr(home, name).template_fields) == FIELDS[name]


@pytest.mark.parametrize("name", bigquery.__all__)
def test_every_argument_of_a_cloud_step_is_templated(name: str) -> None:
    step = getattr(bigquery, name)
    own = [kind for kind in step.__mro__ if kind.__module__.startswith(bigquery.__name__)]
    arguments = {name for kind in own for name in signature(kind).parameters}
    assert set(step.template_fields) == arguments - {"kwargs", "deferrable"}


def test_the_docstring_is_the_tasks_documentation() -> None:
    task = operators.TaxiDownloadOperator(task_id="download", file={}, landing="file:///tmp")
    assert task.doc_md is not None
    assert "sha256" in task.doc_md


def test_what_cannot_pass_fails_at_once_with_the_errors_name() -> None:
    with pytest.raises(AirflowFailException, match="BadFile: cut short"):
        Failing(task_id="x", error=BadFile("cut short")).execute({})


def test_what_can_pass_is_left_to_airflows_retries() -> None:
    with pytest.raises(SourceUnreachable):
        Failing(task_id="x", error=SourceUnreachable("503")).execute({})


@pytest.mark.parametrize(
    ("value", "truth"),
    [(True, True), (False, False), ("True", True), ("true", True), ("False", False), ("", False)],
)
def test_params_are_booleans_or_their_text(value: bool | str, truth: bool) -> None:
    assert as_bool(value) is truth


def test_the_months_without_a_report_fit_in_an_xcom(monkeypatch: pytest.MonkeyPatch) -> None:
    every = [TripFile(Taxi.YELLOW, month) for month in Month(2009, 1).through(Month(2024, 12))]
    step = operators.TaxiReportMonthsOperator(task_id="months", reports="/reports")
    monkeypatch.setattr(step, "_unreported", lambda: every)
    months = step.run_step({})
    assert [each["month"] for each in months] == [str(file.month) for file in every[:40]]
    assert len(json.dumps(months)) < 2048

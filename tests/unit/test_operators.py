"""The operators by themselves: their template fields, documentation, and what errors become."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from nyc_tlc.core.catalog import Month, Taxi, TripFile
from nyc_tlc.core.errors import BadFileError, SourceUnreachableError, TlcError
from nyc_tlc.operators.base import TaxiOperator, as_bool
from nyc_tlc.operators.download import TaxiDownloadOperator
from nyc_tlc.operators.report import PostgresReportMonthsOperator
from tests.support.operators import every_operator

pytestmark = pytest.mark.unit

JOB = {"file", "place", "maximum_bytes_billed", "gcp_conn_id", "impersonation_chain"}
FIELDS = {
    "TaxiMonthsOperator": {"taxi", "taxis", "first", "last", "warehouse"},
    "TaxiMonthTriggerOperator": {
        "taxi", "month", "source", "force", "warehouse",
        "trigger_dag_id", "trigger_run_id",
    },
    "TaxiRangeSummaryOperator": {
        "taxis", "first", "last", "warehouse", "schema", "postgres_conn_id", "place", "gcp_conn_id",
    },
    "TaxiDownloadOperator": {"file", "landing"},
    "PostgresStageOperator": {
        "file", "landed", "force", "max_rejects", "schema", "staging_schema", "postgres_conn_id",
    },
    "PostgresCheckRowsOperator": {"file", "landed", "staged", "postgres_conn_id"},
    "PostgresCheckOdditiesOperator": {"file", "staged", "postgres_conn_id"},
    "PostgresMergeOperator": {
        "file", "landed", "staged", "report", "mode", "force", "schema", "postgres_conn_id",
    },
    "PostgresSummaryOperator": {
        "create", "summarise", "taxi", "month", "schema", "postgres_conn_id",
    },
    "PostgresZonesOperator": {"landing", "schema", "tlc_conn_id", "postgres_conn_id"},
    "PostgresCleanUpOperator": {"file", "landing", "keep_landed", "staging_schema", "postgres_conn_id"},
    "ScriptContainerOperator": {
        "image", "command", "mount", "folder", "read_only", "environment", "memory", "cpus", "network",
        "docker_url",
    },
    "PostgresReportMonthsOperator": {"reports", "taxi", "month", "schema", "postgres_conn_id"},
    "PostgresExtractOperator": {"file", "reports", "schema", "postgres_conn_id"},
    "TaxiReportOperator": {
        "image", "command", "mount", "folder", "read_only", "environment", "memory", "cpus", "network",
        "docker_url", "file",
    },
    "TaxiReportCleanUpOperator": {"file", "reports"},
    "TaxiParityOperator": {
        "taxi", "first_month", "last_month", "place", "schema", "postgres_conn_id", "gcp_conn_id",
        "impersonation_chain",
    },
    "BigQuerySetupOperator": {"place", "keep_raw_days", "gcp_conn_id", "impersonation_chain"},
    "BigQueryUploadOperator": {
        "file", "landed", "force", "place", "gcp_conn_id", "impersonation_chain",
    },
    "BigQueryJobOperator": JOB,
    "BigQueryLoadOperator": {*JOB, "sent"},
    "BigQueryTransformOperator": {*JOB, "landed", "sent", "max_rejects"},
    "BigQueryCheckOdditiesOperator": JOB,
    "BigQueryMergeOperator": {*JOB, "landed", "staged", "report", "mode", "force"},
    "BigQueryCleanUpOperator": {
        "file", "landing", "keep_landed", "place", "gcp_conn_id", "impersonation_chain",
    },
}  # fmt: skip


class Failing(TaxiOperator):
    """Fails with what it is given."""

    def __init__(self, *, error: TlcError, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error = error

    def run_step(self, context: Any) -> None:
        raise self.error


OPERATORS = {kind.__name__: kind for kind in every_operator()}


def test_these_are_the_operators() -> None:
    assert OPERATORS.keys() == FIELDS.keys()


@pytest.mark.parametrize("name", FIELDS)
def test_every_argument_is_templated(name: str) -> None:
    assert set(OPERATORS[name].template_fields) == FIELDS[name]


def test_the_docstring_is_the_tasks_documentation() -> None:
    task = TaxiDownloadOperator(task_id="download", file={}, landing="file:///tmp")
    assert task.doc_md is not None
    assert "sha256" in task.doc_md


def test_what_cannot_pass_fails_at_once_with_the_errors_name() -> None:
    with pytest.raises(AirflowFailException, match="BadFileError: cut short"):
        Failing(task_id="x", error=BadFileError("cut short")).execute({})


def test_what_can_pass_is_left_to_airflows_retries() -> None:
    with pytest.raises(SourceUnreachableError):
        Failing(task_id="x", error=SourceUnreachableError("503")).execute({})


@pytest.mark.parametrize(
    ("value", "truth"),
    [(True, True), (False, False), ("True", True), ("true", True), ("False", False), ("", False)],
)
def test_params_are_booleans_or_their_text(value: bool | str, truth: bool) -> None:
    assert as_bool(value) is truth


def test_the_months_without_a_report_fit_in_an_xcom(monkeypatch: pytest.MonkeyPatch) -> None:
    every = [TripFile(Taxi.YELLOW, month) for month in Month(2009, 1).through(Month(2024, 12))]
    step = PostgresReportMonthsOperator(task_id="months", reports="/reports")
    monkeypatch.setattr(step, "_unreported", lambda: every)
    months = step.run_step({})
    assert [each["month"] for each in months] == [str(file.month) for file in every[:40]]
    assert len(json.dumps(months)) < 2048

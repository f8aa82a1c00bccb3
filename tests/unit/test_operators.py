"""The operators alone: template fields, documentation, and how errors are handled."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowNotFoundException

from nyc_tlc.core.catalog import Month, Taxi, TripFile
from nyc_tlc.core.errors import BadFileError, SourceUnreachableError
from nyc_tlc.core.landing.landed import LandedFile
from nyc_tlc.core.loads import Load, MergeOutcome, MergeResult, Oddities, Run, StagedMonth
from nyc_tlc.operators.base import TaxiOperator, as_bool, describe_load
from nyc_tlc.operators.download import TaxiDownloadOperator
from nyc_tlc.operators.report import PostgresReportMonthsOperator
from tests.support.operators import every_operator

pytestmark = pytest.mark.unit

POSTGRES = {"schema", "postgres_conn_id"}
BIGQUERY = {"place", "gcp_conn_id", "impersonation_chain"}
JOB = {*BIGQUERY, "file", "maximum_bytes_billed"}
SCRIPT = {
    "image", "command", "mount", "folder", "reports", "read_only", "environment", "memory", "cpus",
    "network", "docker_url", "run_in", "registry",
}  # fmt: skip
FIELDS = {
    "TaxiMonthsOperator": {"taxi", "taxis", "first", "last", "warehouse", "mode"},
    "TaxiYearsOperator": {"taxi", "taxis", "first", "last", "warehouse", "mode"},
    "TaxiYearOperator": {
        *POSTGRES, "taxi", "year", "first", "last", "landing", "source", "force",
    },
    "TaxiMonthTriggerOperator": {
        "taxi", "month", "source", "force", "warehouse",
        "trigger_run_id",
    },
    "TaxiRangeSummaryOperator": {
        "taxis", "first", "last", "warehouse", "mode", "schema", "postgres_conn_id", "place",
        "gcp_conn_id",
    },
    "TaxiDownloadOperator": {"file", "landing"},
    "PostgresStageOperator": {
        *POSTGRES, "file", "landed", "force", "max_rejects", "staging_schema",
    },
    "PostgresCheckRowsOperator": {*POSTGRES, "file", "landed", "staged"},
    "PostgresCheckOdditiesOperator": {*POSTGRES, "file", "staged"},
    "PostgresMergeOperator": {
        *POSTGRES, "file", "landed", "staged", "oddities", "mode", "force",
    },
    "PostgresCleanUpOperator": {*POSTGRES, "file", "landing", "keep_landed", "staging_schema"},
    "SummaryOperator": {"create", "summarise", "taxi", "month"},
    "PostgresSummaryOperator": {*POSTGRES, "create", "summarise", "taxi", "month"},
    "ZoneFileOperator": {"landing", "tlc_conn_id"},
    "ZonesOperator": {"landing", "tlc_conn_id"},
    "PostgresZonesOperator": {*POSTGRES, "landing", "tlc_conn_id"},
    "ZoneShapesOperator": {"landing", "tlc_conn_id"},
    "PostgresZoneShapesOperator": {*POSTGRES, "landing", "tlc_conn_id"},
    "ReportMonthsOperator": {"reports", "taxi", "month"},
    "PostgresReportMonthsOperator": {*POSTGRES, "reports", "taxi", "month"},
    "PostgresExtractOperator": {*POSTGRES, "file", "reports"},
    "ScriptContainerOperator": SCRIPT,
    "TaxiReportOperator": {*SCRIPT, "file", "store"},
    "TaxiReportCleanUpOperator": {"file", "reports"},
    "TaxiSourceCheckOperator": {"variable", "tlc_conn_id"},
    "TaxiParityOperator": {*BIGQUERY, *POSTGRES, "taxi", "first_month", "last_month"},
    "ZonesParityOperator": {*BIGQUERY, *POSTGRES},
    "BigQuerySummaryOperator": {*BIGQUERY, "create", "summarise", "taxi", "month"},
    "BigQueryZonesOperator": {*BIGQUERY, "landing", "tlc_conn_id"},
    "BigQueryZoneShapesOperator": {*BIGQUERY, "landing", "tlc_conn_id"},
    "BigQueryReportMonthsOperator": {*BIGQUERY, "reports", "taxi", "month"},
    "BigQueryExtractOperator": {*BIGQUERY, "file", "reports"},
    "BigQueryLabOperator": {
        *BIGQUERY, "table", "taxi", "year", "external", "plain", "partitioned", "query",
        "maximum_bytes_billed",
    },
    "BigQuerySetupOperator": {*BIGQUERY, "keep_raw_days"},
    "BigQueryUploadOperator": {*BIGQUERY, "file", "landed", "force"},
    "BigQueryJobOperator": JOB,
    "BigQueryLoadOperator": {*JOB, "prepared"},
    "BigQueryTransformOperator": {*BIGQUERY, "file", "landed", "sent", "max_rejects", "until"},
    "BigQueryCheckRowsOperator": {*BIGQUERY, "file", "landed", "staged"},
    "BigQueryCheckOdditiesOperator": JOB,
    "BigQueryMergeOperator": {*JOB, "landed", "staged", "oddities", "mode", "force"},
    "BigQueryCleanUpOperator": {*BIGQUERY, "file", "landing", "keep_landed"},
}  # fmt: skip


class Failing(TaxiOperator):
    """Fails with what it is given."""

    def __init__(self, *, error: Exception, **kwargs: Any) -> None:
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


def test_temporary_errors_are_left_to_airflows_retries() -> None:
    with pytest.raises(SourceUnreachableError):
        Failing(task_id="x", error=SourceUnreachableError("503")).execute({})


def test_in_dags_test_temporary_errors_fail_at_once_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for minutes in front of a terminal, in a process that ignores SIGTERM meanwhile."""
    monkeypatch.setattr(sys, "argv", ["airflow", "dags", "test", "tlc_postgres_green"])
    with pytest.raises(AirflowFailException, match="SourceUnreachableError: 503"):
        Failing(task_id="x", error=SourceUnreachableError("503")).execute({})


def test_a_connection_that_is_not_defined_fails_at_once_and_says_where_to_define_it() -> None:
    error = AirflowNotFoundException("The conn_id google_cloud_default isn't defined")
    with pytest.raises(AirflowFailException, match=r"SettingsError: The conn_id .*Admin > Conn"):
        Failing(task_id="x", error=error).execute({})


@pytest.mark.parametrize(
    ("value", "truth"),
    [(True, True), (False, False), ("True", True), ("true", True), ("False", False), ("", False)],
)
def test_params_are_booleans_or_their_text(value: bool | str, truth: bool) -> None:
    assert as_bool(value) is truth


def test_the_months_without_a_report_fit_in_an_xcom(monkeypatch: pytest.MonkeyPatch) -> None:
    every = [TripFile(Taxi.YELLOW, month) for month in Month(2009, 1).through(Month(2024, 12))]
    step = PostgresReportMonthsOperator(task_id="months", reports="/reports")
    monkeypatch.setattr(step, "unreported", lambda _made: every)
    months = step.run_step({})
    assert [each["month"] for each in months] == [str(file.month) for file in every[:40]]
    assert len(json.dumps(months)) < 2048


@pytest.mark.parametrize("outcome", MergeOutcome)
def test_an_assets_event_never_names_a_file_that_is_not_in_the_trips_table(
    outcome: MergeOutcome,
) -> None:
    landed = LandedFile("file:///f", "https://tlc/f", None, None, 10, "5a", 3)
    load = Load(
        TripFile.of("green", "2021-01"), Run("dag", "run", None), landed,
        StagedMonth("staging", "t", 3, 0, [], [], ""), Oddities(3, 0, 0, 0, 0),
    )  # fmt: skip
    event = SimpleNamespace(extra=None)
    context: Any = {"outlet_events": {"trips": event}}
    describe_load(["trips"], context, load, MergeResult(outcome, 7, 0, 1))
    expected = {"taxi": "green", "month": "2021-01", "rows": 7, "sha256": "5a"}
    if outcome is MergeOutcome.SUPERSEDED:
        del expected["sha256"]
    assert event.extra == expected

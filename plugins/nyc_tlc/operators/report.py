"""The monthly report: which months, their extract, the script that draws it, and what is cleared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperatorLink

from nyc_tlc.catalog import Month, Taxi, TripFile
from nyc_tlc.containers.images import TRIP_REPORT
from nyc_tlc.errors import MonthError
from nyc_tlc.operators.base import TaxiOperator
from nyc_tlc.operators.script import DATA, ScriptContainerOperator
from nyc_tlc.reports.folder import LOOKUP, TRIPS, ReportFolder

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.types import TaskInstanceKey

ReportFacts = dict[str, Any]


class TaxiReportMonthsOperator(TaxiOperator):
    """Settles which months are to be reported: the one asked for, or those whose loading started
    this run. Several loads can start one run, so the answer is a list of taxi and month.

    :param taxi: yellow or green; for a run by hand.
    :param month: ``YYYY-MM``; for a run by hand.
    """

    template_fields: Sequence[str] = ("taxi", "month")

    def __init__(self, *, taxi: str | None = None, month: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.taxi = taxi
        self.month = month

    def run_step(self, context: Context) -> Any:
        events = [event for group in _events(context) for event in group]
        if self.month:
            asked = [(self.taxi or "", self.month)]
        else:
            asked = sorted({(e.extra.get("taxi"), e.extra.get("month")) for e in events})
        if not asked:
            raise MonthError(
                "No month: no load started this run. Trigger it with "
                """--conf '{"taxi": "green", "month": "2021-01"}', or fill in the form."""
            )
        files = [TripFile.of(taxi, month) for taxi, month in asked]
        return [{"taxi": str(file.taxi), "month": str(file.month)} for file in files]


class TaxiExtractOperator(TaxiOperator):
    """Writes a month of the trips table to a Parquet file in the month's report folder, with the
    zones' names beside it if they are loaded. Returns taxi, month and how many rows.

    :param file: taxi and month.
    :param reports: the folder of all reports, as Airflow's workers see it.
    :param schema: schema of the trips tables.
    """

    template_fields: Sequence[str] = ("file", "reports", "schema", "postgres_conn_id")

    def __init__(
        self,
        *,
        file: ReportFacts,
        reports: str,
        schema: str = "public",
        postgres_conn_id: str = "tlc_postgres",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.reports = reports
        self.schema = schema
        self.postgres_conn_id = postgres_conn_id

    def run_step(self, context: Context) -> ReportFacts:
        from nyc_tlc.contract import load_contract
        from nyc_tlc.hooks.postgres import WarehousePostgresHook
        from nyc_tlc.postgres.extract import extract_month, extract_zones

        file, folder = TripFile.of(**self.file), report_folder(self.reports, self.file)
        folder.make()
        with WarehousePostgresHook(self.postgres_conn_id).get_conn() as connection:
            extract_zones(connection, self.schema, folder.path / LOOKUP)
            rows = extract_month(
                connection, self.schema, file, load_contract(file.taxi), folder.path / TRIPS
            )
        folder.hand_over()
        return {**self.file, "rows": rows}


class ReportLink(BaseOperatorLink):
    """The button in the UI that opens a month's report."""

    name = "Report"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:
        return f"/tlc/reports/{operator.file['taxi']}/{operator.file['month']}/"


class TaxiReportOperator(ScriptContainerOperator):
    """Draws a month's report with pandas and matplotlib, in a container that is shut off from all
    but the folder of reports. Skipped where the month has no trips. Returns the report's summary.

    :param file: what TaxiExtractOperator returned.
    """

    template_fields: Sequence[str] = (*ScriptContainerOperator.template_fields, "file")
    operator_extra_links = (ReportLink(),)

    def __init__(self, *, file: ReportFacts, image: str = TRIP_REPORT, **kwargs: Any) -> None:
        super().__init__(image=image, **kwargs)
        self.file = file

    def run_step(self, context: Context) -> dict[str, Any]:
        self.command = [
            "--taxi", self.file["taxi"], "--month", self.file["month"], "--data", DATA,
        ]  # fmt: skip
        return super().run_step(context)


class TaxiReportCleanUpOperator(TaxiOperator):
    """Removes a month's extract; the report stays. A teardown: it comes whatever happened.

    :param file: taxi and month.
    :param reports: the folder of all reports, as Airflow's workers see it.
    """

    template_fields: Sequence[str] = ("file", "reports")

    def __init__(self, *, file: ReportFacts, reports: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.reports = reports

    def run_step(self, context: Context) -> None:
        report_folder(self.reports, self.file).forget_inputs()


def report_folder(reports: str, file: ReportFacts) -> ReportFolder:
    return ReportFolder(Path(reports), Taxi(file["taxi"]), Month.parse(file["month"]))


def _events(context: Context) -> Iterable[Any]:
    return (context.get("triggering_asset_events") or {}).values()

"""The monthly report: which months, their extract, the script that draws it, and what is cleared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperatorLink

from nyc_tlc.core.catalog import Month, Taxi, TripFile
from nyc_tlc.core.containers.sandbox import DATA, TRIP_REPORT
from nyc_tlc.core.reports import INPUT, LOOKUP, TRIPS, ReportFolder
from nyc_tlc.operators.base import TaxiOperator, asked_month
from nyc_tlc.operators.script import ScriptContainerOperator

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.types import TaskInstanceKey

ReportFacts = dict[str, Any]

MONTHS_AT_ONCE = 40  # so many fit into an XCom of 2 kB


class PostgresReportMonthsOperator(TaxiOperator):
    """Settles which months are to be reported: those whose newest load in the ledger has no report
    yet, so that none is missed, whatever events Airflow leaves out; or the one month asked for.
    Returns a list of taxi and month, 40 at most; the next run takes those that are left.

    :param reports: the folder of all reports, as Airflow's workers see it.
    :param taxi: of the one month asked for.
    :param month: ``YYYY-MM``; the same.
    :param schema: schema of the ledger.
    """

    template_fields: Sequence[str] = ("reports", "taxi", "month", "schema", "postgres_conn_id")

    def __init__(
        self,
        *,
        reports: str,
        taxi: str | None = None,
        month: str | None = None,
        schema: str = "public",
        postgres_conn_id: str = "tlc_postgres",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.reports = reports
        self.taxi = taxi
        self.month = month
        self.schema = schema
        self.postgres_conn_id = postgres_conn_id

    def run_step(self, context: Context) -> Any:
        asked = asked_month(self.taxi, self.month)
        files = [asked] if asked else self._unreported()
        if not files:
            self.log.info("Every month that is loaded has its report")
        if left := files[MONTHS_AT_ONCE:]:
            self.log.warning(
                "%d more months have no report; trigger a run again for them", len(left)
            )
        first = files[:MONTHS_AT_ONCE]
        return [{"taxi": str(file.taxi), "month": str(file.month)} for file in first]

    def _unreported(self) -> list[TripFile]:
        from nyc_tlc.core.postgres.ledger import made_of, stale_months
        from nyc_tlc.hooks.postgres import TaxiPostgresHook

        folders = ReportFolder.all_in(Path(self.reports))
        made = made_of(
            (folder.taxi, folder.month, folder.load_id) for folder in folders if folder.load_id
        )
        with TaxiPostgresHook(self.postgres_conn_id).get_conn() as connection:
            return stale_months(connection, self.schema, made)


class PostgresExtractOperator(TaxiOperator):
    """Writes a month of the trips table to a Parquet file in the month's report folder, with the
    zones' names beside it if they are loaded. Returns taxi, month, how many rows, and the load
    in the ledger that brought them (None where no ledger knows it).

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
        from nyc_tlc.core.contract.model import load_contract
        from nyc_tlc.core.postgres.extract import extract_month, extract_zones
        from nyc_tlc.core.postgres.ledger import latest_load
        from nyc_tlc.hooks.postgres import TaxiPostgresHook

        file, folder = TripFile.of(**self.file), report_folder(self.reports, self.file)
        contract = load_contract(file.taxi)
        with (
            TaxiPostgresHook(self.postgres_conn_id).get_conn() as connection,
            folder.input() as given,
        ):
            # First: a load that comes meanwhile makes this report stale, never the other way about.
            load = latest_load(connection, self.schema, file)
            extract_zones(connection, self.schema, given.replaced(LOOKUP))
            rows = extract_month(connection, self.schema, file, contract, given.replaced(TRIPS))
        folder.hand_over()
        return {**self.file, "rows": rows, "load_id": load and load.load_id}


class ReportLink(BaseOperatorLink):
    """The button in the UI that opens a month's report."""

    name = "Report"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:
        return f"/tlc/reports/{operator.file['taxi']}/{operator.file['month']}/"


class TaxiReportOperator(ScriptContainerOperator):
    """Draws a month's report with pandas and matplotlib, in a container that is shut off from all
    but the month's folder. Skipped where the month has no trips. Returns the report's summary.

    :param file: what PostgresExtractOperator returned.
    """

    template_fields: Sequence[str] = (*ScriptContainerOperator.template_fields, "file")
    operator_extra_links = (ReportLink(),)

    def __init__(self, *, file: ReportFacts, image: str = TRIP_REPORT, **kwargs: Any) -> None:
        super().__init__(image=image, **kwargs)
        self.file = file

    def run_step(self, context: Context) -> dict[str, Any]:
        folder = report_folder(DATA, self.file)
        self.folder, self.read_only = f"{folder.taxi}/{folder.month}", INPUT
        self.command = [
            "--taxi", folder.taxi, "--month", str(folder.month), "--folder", str(folder.path),
            "--title", folder.taxi.display_name, "--load", str(self.file["load_id"] or 0),
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
        report_folder(self.reports, self.file).forget_input()


def report_folder(reports: str, file: ReportFacts) -> ReportFolder:
    return ReportFolder(Path(reports), Taxi(file["taxi"]), Month.parse(file["month"]))

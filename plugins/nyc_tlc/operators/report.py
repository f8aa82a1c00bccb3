"""The monthly report: which months, their extract, the script that draws it, and what is cleared."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowSkipException, BaseOperatorLink

from nyc_tlc.core.catalog import Month, Taxi, TripFile
from nyc_tlc.core.containers.sandbox import DATA, TRIP_REPORT
from nyc_tlc.core.reports import INPUT, LOOKUP, SHAPES, TRIPS, ReportFolder, ReportMonth
from nyc_tlc.hooks.object_store import reports_at
from nyc_tlc.operators.base import (
    BigQueryOperator,
    PostgresOperator,
    TaxiOperator,
    asked_month,
)
from nyc_tlc.operators.script import ScriptContainerOperator

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.types import TaskInstanceKey

MONTHS_AT_ONCE = 40  # so many fit into an XCom of 2 kB


class ReportMonthsOperator(TaxiOperator):
    """Settles which months are to be reported: those whose newest load in the ledger has no report
    yet, so that none is missed, whatever events Airflow leaves out; or the one month asked for.
    Returns a list of taxi and month, 40 at most; the next run takes those that are left.

    :param reports: where all reports are: a folder of Airflow's workers, or ``s3://…``, ``gs://…``.
    :param taxi: of the one month asked for.
    :param month: ``YYYY-MM``; the same.
    """

    template_fields: Sequence[str] = ("reports", "taxi", "month")

    def __init__(
        self,
        *,
        reports: str,
        taxi: str | None = None,
        month: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.reports = reports
        self.taxi = taxi
        self.month = month

    def run_step(self, context: Context) -> Any:
        asked = asked_month(self.taxi, self.month)
        files = [asked] if asked else self.unreported(self._made())
        if not files:
            self.log.info("Every month that is loaded has its report")
        if left := files[MONTHS_AT_ONCE:]:
            self.log.warning(
                "%d more months have no report; trigger a run again for them", len(left)
            )
        first = files[:MONTHS_AT_ONCE]
        return [ReportMonth(str(file.taxi), str(file.month)).to_xcom() for file in first]

    @abstractmethod
    def unreported(self, made: list[tuple[Taxi, Month, int]]) -> list[TripFile]:
        """The months whose newest load is not in ``made``, by taxi and month."""

    def _made(self) -> list[tuple[Taxi, Month, int]]:
        """The loads that have a report."""
        folders = ReportFolder.all_in(reports_at(self.reports), read_facts=True)
        return [(each.taxi, each.month, each.load_id) for each in folders if each.load_id]


class PostgresReportMonthsOperator(ReportMonthsOperator, PostgresOperator):
    """The months to report from Postgres: a ReportMonthsOperator."""

    template_fields: Sequence[str] = (
        *PostgresOperator.template_fields, *ReportMonthsOperator.template_fields,
    )  # fmt: skip

    def unreported(self, made: list[tuple[Taxi, Month, int]]) -> list[TripFile]:
        from nyc_tlc.core.postgres.ledger import made_of, stale_months

        with self.hook.get_conn() as connection:
            return stale_months(connection, self.schema, made_of(made))


class BigQueryReportMonthsOperator(ReportMonthsOperator, BigQueryOperator):
    """The months to report from BigQuery: a ReportMonthsOperator."""

    template_fields: Sequence[str] = (
        *BigQueryOperator.template_fields, *ReportMonthsOperator.template_fields,
    )  # fmt: skip

    def unreported(self, made: list[tuple[Taxi, Month, int]]) -> list[TripFile]:
        from nyc_tlc.core.bigquery.ledger import stale_months

        return stale_months(self.hook.warehouse, made)


class PostgresExtractOperator(PostgresOperator):
    """Writes a month of the trips table to a Parquet file in the month's report folder, with the
    zones' names and shapes beside it if they are loaded. Returns taxi, month, how many rows, and the load
    in the ledger that brought them (None where no ledger knows it).

    :param file: taxi and month.
    :param reports: where all reports are: a folder of Airflow's workers, or ``s3://…``, ``gs://…``.
    """

    template_fields: Sequence[str] = (*PostgresOperator.template_fields, "file", "reports")

    def __init__(
        self,
        *,
        file: dict[str, Any],
        reports: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.reports = reports

    def run_step(self, context: Context) -> ReportMonth:
        from nyc_tlc.core.contract.model import load_contract
        from nyc_tlc.core.postgres.extract import extract_month, extract_shapes, extract_zones
        from nyc_tlc.core.postgres.ledger import latest_load

        month = ReportMonth.from_xcom(self.file)
        file, folder = month.file, month.folder(reports_at(self.reports))
        contract = load_contract(file.taxi)
        with self.hook.get_conn() as connection, folder.input() as given:
            # First: a load that comes meanwhile makes this report stale, never the other way about.
            load = latest_load(connection, self.schema, file)
            extract_zones(connection, self.schema, given.replaced(LOOKUP))
            extract_shapes(connection, self.schema, given.replaced(SHAPES))
            rows = extract_month(connection, self.schema, file, contract, given.replaced(TRIPS))
        folder.hand_over()
        return replace(month, rows=rows, load_id=load.load_id if load else None)


class BigQueryExtractOperator(BigQueryOperator):
    """Does for BigQuery what PostgresExtractOperator does for Postgres; returns the same.

    :param file: taxi and month.
    :param reports: where all reports are: a folder of Airflow's workers, or ``s3://…``, ``gs://…``.
    """

    template_fields: Sequence[str] = (*BigQueryOperator.template_fields, "file", "reports")

    def __init__(self, *, file: dict[str, Any], reports: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.reports = reports

    def run_step(self, context: Context) -> ReportMonth:
        from nyc_tlc.core.bigquery.extract import extract_month, extract_shapes, extract_zones
        from nyc_tlc.core.contract.model import load_contract

        month = ReportMonth.from_xcom(self.file)
        file, folder, hook = month.file, month.folder(reports_at(self.reports)), self.hook
        contract = load_contract(file.taxi)
        load = hook.latest_load(file)  # first, as in Postgres
        with folder.input() as given:
            extract_zones(hook.warehouse, given.replaced(LOOKUP))
            extract_shapes(hook.warehouse, given.replaced(SHAPES))
            trips = given.replaced(TRIPS)
            rows = extract_month(hook.bucket, hook.warehouse, file, contract, trips)
        folder.hand_over()
        return replace(month, rows=rows, load_id=load.load_id if load else None)


class ReportLink(BaseOperatorLink):
    """The button in the UI that opens a month's report."""

    name = "Report"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:
        return f"/tlc/reports/{operator.file['taxi']}/{operator.file['month']}/"


class TaxiReportOperator(ScriptContainerOperator):
    """Draws a month's report with pandas and matplotlib, in a container that is shut off from all
    but the month's folder. Skipped where the month has no trips. Returns the report's summary.

    :param file: what PostgresExtractOperator returned.
    :param store: where all reports are. If it is an object store, the container works on a copy of
        the month in the folder ``reports``, and the report is checked and copied to the store.
    """

    template_fields: Sequence[str] = (*ScriptContainerOperator.template_fields, "file", "store")
    operator_extra_links = (ReportLink(),)

    def __init__(
        self, *, file: dict[str, Any], image: str = TRIP_REPORT, store: str = "", **kwargs: Any
    ) -> None:
        super().__init__(image=image, **kwargs)
        self.file = file
        self.store = store

    def run_step(self, context: Context) -> dict[str, Any]:
        month = ReportMonth.from_xcom(self.file)
        folder = month.folder(Path(DATA))
        self.folder, self.read_only = f"{month.taxi}/{month.month}", INPUT
        self.command = [
            "--taxi", month.taxi, "--month", month.month, "--folder", str(folder.path),
            "--title", month.file.taxi.display_name, "--load", str(month.load_id or 0),
        ]  # fmt: skip
        stored = reports_at(self.store)
        if isinstance(stored, Path):
            return super().run_step(context)
        with _copied(month.folder(stored), month.folder(Path(self.reports))):
            return super().run_step(context)


@contextmanager
def _copied(stored: ReportFolder, here: ReportFolder) -> Iterator[None]:
    """A month of an object store is on this machine while the block lasts; what it draws is published."""
    try:
        here.fetch_input(stored)
        here.hand_over()
        try:
            yield
        except AirflowSkipException:
            here.publish(stored)  # the summary says that this load has no trips
            raise
        here.publish(stored)
    finally:
        here.remove()


class TaxiReportCleanUpOperator(TaxiOperator):
    """Removes a month's extract; the report stays. A teardown: it comes whatever happened.

    :param file: taxi and month.
    :param reports: where all reports are: a folder of Airflow's workers, or ``s3://…``, ``gs://…``.
    """

    template_fields: Sequence[str] = ("file", "reports")

    def __init__(self, *, file: dict[str, Any], reports: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.reports = reports

    def run_step(self, context: Context) -> None:
        ReportMonth.from_xcom(self.file).folder(reports_at(self.reports)).forget_input()

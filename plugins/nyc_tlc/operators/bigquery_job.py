"""The base of the steps that are one BigQuery job each."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import conf

from nyc_tlc.core.loads import FoundFile
from nyc_tlc.core.xcom import XComValue
from nyc_tlc.links import BigQueryJobLink
from nyc_tlc.operators.base import BigQueryOperator, failing_at_once, run_key

if TYPE_CHECKING:
    from airflow.sdk import Context

    from nyc_tlc.core.bigquery.jobs import JobContext
    from nyc_tlc.core.bigquery.place import BigQueryTable
    from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse
    from nyc_tlc.core.catalog import TripFile


class BigQueryJobOperator(BigQueryOperator):
    """Runs one BigQuery job, made from the contract; subclasses say which, and what follows it.

    Google's own BigQueryInsertJobOperator needs its configuration when the DAG is parsed, and four
    seconds for the import alone; its trigger waits here. A try finds the job
    that an earlier one left running, and waits for it instead of starting a second.

    :param file: what the find step returned.
    :param maximum_bytes_billed: a query that would read more fails and costs nothing; 0: no limit.
    :param deferrable: wait in the triggerer, without a worker.
    """

    template_fields: Sequence[str] = (
        *BigQueryOperator.template_fields, "file", "maximum_bytes_billed",
    )  # fmt: skip

    operator_extra_links: Sequence[Any] = (BigQueryJobLink(),)

    def __init__(
        self,
        *,
        file: dict[str, Any],
        maximum_bytes_billed: int | str = 0,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.maximum_bytes_billed = maximum_bytes_billed
        self.deferrable = deferrable
        self._job: Any = None

    @abstractmethod
    def configure(self, context: Context) -> dict[str, Any] | None:
        """The job's configuration; None where no job is needed."""

    @abstractmethod
    def finish(self, context: Context, job: Any) -> XComValue:
        """What follows a job that succeeded (None: there was none); returns what goes to XCom."""

    def run_step(self, context: Context) -> XComValue:
        self._job = self.hook.begin_job(self.job(context).job_id, lambda: self.configure(context))
        if self._job is None:
            return self.finish(context, None)
        if self.deferrable and self._job.running():
            self._defer()
        return self._end(context)

    def resume(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """After the triggerer has waited. The job is asked for again: ``event`` names none that failed."""
        with failing_at_once():
            self._job = self.hook.jobs(self.job(context).job_id)[-1]
            return self._end(context).to_xcom()

    def on_kill(self) -> None:
        if self._job is not None:
            self._job.cancel()

    @property
    def job_id(self) -> str | None:
        """For the link to it; None before there is a job."""
        return self._job and str(self._job.job_id)

    @property
    def trip_file(self) -> TripFile:
        return FoundFile.from_xcom(self.file).file

    @property
    def warehouse(self) -> BigQueryWarehouse:
        return self.hook.warehouse

    def staging_table(self, context: Context) -> BigQueryTable:
        return self.hook.place.staging(self.trip_file, run_key(context))

    def job(self, context: Context) -> JobContext:
        from nyc_tlc.core.bigquery.jobs import JobContext

        limit = int(self.maximum_bytes_billed or 0) or None
        return JobContext(self.dag_id, context["run_id"], self.task_id, self.trip_file, limit)

    def _end(self, context: Context) -> XComValue:
        from nyc_tlc.core.bigquery.jobs import wait_for

        wait_for(self._job)
        return self.finish(context, self._job)

    def _defer(self) -> None:
        from airflow.providers.google.cloud.triggers.bigquery import BigQueryInsertJobTrigger

        trigger = BigQueryInsertJobTrigger(
            conn_id=self.gcp_conn_id,
            job_id=self.job_id,
            project_id=self.hook.place.project,
            location=self.hook.place.location,
            impersonation_chain=self.impersonation_chain,
        )
        self.defer(trigger=trigger, method_name="resume", timeout=self.execution_timeout)

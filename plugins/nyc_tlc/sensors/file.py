"""Waiting for a taxi's month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowSkipException, BaseSensorOperator

from nyc_tlc.catalog import TripFile
from nyc_tlc.errors import NotPublished
from nyc_tlc.links import SourceFileLink
from nyc_tlc.operators.base import FileFacts, TaxiOperator, failing_at_once
from nyc_tlc.run_month import resolve_month

if TYPE_CHECKING:
    from airflow.sdk import Context

    from nyc_tlc.landing import RemoteFile

HOUR = dt.timedelta(hours=1)
LONGEST_WAIT = dt.timedelta(days=120)


class TaxiFileSensor(TaxiOperator, BaseSensorOperator):
    """Settles the run's month, and waits until its source has the file. Nothing is fetched.

    Returns taxi, month, source, url: at once where the file is there. Else it waits in the
    triggerer and holds no worker slot. TLC publishes a month about two months later.

    :param taxi: yellow, green, fhv or fhvhv.
    :param month: ``YYYY-MM``; empty for the month of the run's data interval.
    :param source: ``parquet`` (TLC) or ``csv`` (the mirror).
    :param if_unpublished: ``wait``, ``fail``, ``skip``; ``auto``: scheduled runs wait, others fail.
    :param poke_interval: how long to wait between two questions, give or take a tenth.
    :param timeout: how long to wait in all, from the run's start on.
    """

    template_fields: Sequence[str] = ("taxi", "month", "source", "if_unpublished", "tlc_conn_id")

    operator_extra_links = (SourceFileLink(),)

    def __init__(
        self,
        *,
        taxi: str,
        month: str | None = None,
        source: str = "parquet",
        if_unpublished: str = "auto",
        tlc_conn_id: str = "tlc_default",
        poke_interval: dt.timedelta | float = HOUR,
        timeout: dt.timedelta | float = LONGEST_WAIT,
        **kwargs: Any,
    ) -> None:
        super().__init__(poke_interval=poke_interval, timeout=timeout, **kwargs)
        self.taxi = taxi
        self.month = month
        self.source = source
        self.if_unpublished = if_unpublished
        self.tlc_conn_id = tlc_conn_id
        self.found_url: str | None = None  # for its link

    def run_step(self, context: Context) -> FileFacts:
        from nyc_tlc.hooks.tlc import TlcHook

        file = self.file(context)
        try:
            found = TlcHook(self.tlc_conn_id).probe(file)
        except NotPublished as error:
            return self.unpublished(context, file, error)
        self.found_url = found.url
        return self.published(context, file, found)

    def file(self, context: Context) -> TripFile:
        """The run's file. Raises MonthError."""
        interval = context.get("data_interval_start"), context.get("data_interval_end")
        month = resolve_month(self.month, *interval)
        return TripFile.of(self.taxi, str(month), self.source)

    def published(self, context: Context, file: TripFile, found: RemoteFile) -> FileFacts:
        self.log.info("%s is at %s", file.name, found.url)
        return facts_of(file, url=found.url)

    def unpublished(self, context: Context, file: TripFile, error: NotPublished) -> FileFacts:
        choice = self.if_unpublished
        if choice == "auto":
            choice = "wait" if context["dag_run"].run_type == "scheduled" else "fail"
        if choice == "wait":
            self._defer(context, file)
        if choice == "skip":
            return self.skipped(context, file, error)
        raise error

    def skipped(self, context: Context, file: TripFile, error: NotPublished) -> FileFacts:
        raise AirflowSkipException(f"not published, skipped: {error}")

    def _defer(self, context: Context, file: TripFile) -> None:
        """Until when is counted from the run's start, so that no retry makes it longer."""
        from nyc_tlc.hooks.tlc import TlcHook
        from nyc_tlc.triggers.publication import PublicationTrigger

        hook, now = TlcHook(self.tlc_conn_id), dt.datetime.now(dt.UTC)
        give_up_at = (context["dag_run"].start_date or now) + dt.timedelta(seconds=self.timeout)
        if give_up_at <= now:
            return
        self.log.info("%s is not published; waiting until %s at most", file.name, give_up_at)
        trigger = PublicationTrigger(
            url=hook.url(file),
            known_url=hook.known_url(file.source),
            poke_interval=self.poke_interval,
            asked_at=now.isoformat(),
            give_up_at=give_up_at.isoformat(),
        )
        self.defer(trigger=trigger, method_name="resume")

    def resume(self, context: Context, event: dict[str, Any]) -> FileFacts | None:
        """Called when the wait has ended, in whichever way."""
        if event["status"] == "published":
            return self.execute(context)
        with failing_at_once():
            raise NotPublished(
                f"The wait for {self.file(context).name} was {event['status']}. {event['error']}"
            )


def facts_of(file: TripFile, **more: Any) -> FileFacts:
    """What later steps need to know of a file, for XCom."""
    return {"taxi": str(file.taxi), "month": str(file.month), "source": str(file.source), **more}

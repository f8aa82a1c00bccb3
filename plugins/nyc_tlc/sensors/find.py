"""The first step of a month: waits for its file, then chooses load, unchanged or not published."""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowSkipException, BaseSensorOperator
from airflow.providers.standard.operators.branch import BranchMixIn

from nyc_tlc.core.catalog import TripFile
from nyc_tlc.core.errors import MonthError, NotPublishedError
from nyc_tlc.core.loads import FoundFile, resolve_month
from nyc_tlc.hooks.connections import SOURCE
from nyc_tlc.links import SourceFileLink
from nyc_tlc.operators.base import (
    BigQueryOperator,
    PostgresOperator,
    TaxiOperator,
    as_bool,
    failing_at_once,
)

if TYPE_CHECKING:
    from airflow.sdk import Context

    from nyc_tlc.core.catalog import Month
    from nyc_tlc.core.landing.remote import RemoteFile
    from nyc_tlc.core.ledger import Ledger

HOUR = dt.timedelta(hours=1)
LONGEST_WAIT = dt.timedelta(days=120)


class TaxiFileSensor(TaxiOperator, BaseSensorOperator):
    """Determines the run's month and waits until the source has its file. Downloads nothing.

    Returns taxi, month, source, url. If the file is not published yet, the sensor defers: it waits in
    the triggerer and holds no worker slot. TLC publishes a month about two months later.

    :param taxi: yellow, green, fhv or fhvhv.
    :param month: ``YYYY-MM``; empty for the month of the run's data interval.
    :param source: ``parquet`` (TLC) or ``csv`` (the mirror).
    :param if_unpublished: ``wait``, ``fail``, ``skip``; ``auto``: scheduled runs wait, others fail.
    :param poke_interval: time between two requests to the source, plus or minus 10 %.
    :param timeout: total time to wait, counted from the start of the run.
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
        tlc_conn_id: str = SOURCE,
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
        self.found_url: str | None = None  # for SourceFileLink

    def run_step(self, context: Context) -> FoundFile:
        from nyc_tlc.hooks.tlc import TlcHook

        file = self.file(context)
        try:
            found = TlcHook(self.tlc_conn_id).probe(file)
        except NotPublishedError as error:
            return self.unpublished(context, file, error)
        self.found_url = found.url
        return self.published(context, file, found)

    def file(self, context: Context) -> TripFile:
        """The run's file. Raises MonthError."""
        interval = context.get("data_interval_start"), context.get("data_interval_end")
        month = resolve_month(self.month, *interval)
        if interval[0] and context["dag_run"].run_type == "backfill":
            _refuse_another_month(month, resolve_month(None, *interval))
        return TripFile.of(self.taxi, str(month), self.source)

    def published(self, context: Context, file: TripFile, found: RemoteFile) -> FoundFile:
        reason = f"{file.name} is at {found.url}"
        self.log.info("%s", reason)
        return FoundFile.of(file, found.url, reason)

    def unpublished(self, context: Context, file: TripFile, error: NotPublishedError) -> FoundFile:
        choice = self.if_unpublished
        if choice == "auto":
            choice = "wait" if context["dag_run"].run_type == "scheduled" else "fail"
        if choice == "wait":
            self._defer(context, file)
        if choice == "skip":
            return self.skipped(context, file, error)
        raise error

    def skipped(self, context: Context, file: TripFile, error: NotPublishedError) -> FoundFile:
        raise AirflowSkipException(f"not published, skipped: {error}")

    def _defer(self, context: Context, file: TripFile) -> None:
        """The wait is counted from the run's start, so that retries do not make it longer."""
        from nyc_tlc.hooks.tlc import TlcHook
        from nyc_tlc.triggers.publication import PublicationTrigger

        hook, now = TlcHook(self.tlc_conn_id), dt.datetime.now(dt.UTC)
        give_up_at = (context["dag_run"].start_date or now) + dt.timedelta(seconds=self.timeout)
        if give_up_at <= now:
            return
        self.log.info("%s", _waiting(file, self.poke_interval, give_up_at))
        trigger = PublicationTrigger(
            url=hook.url(file),
            known_url=hook.known_url(file.source),
            poke_interval=self.poke_interval,
            asked_at=now.isoformat(),
            give_up_at=give_up_at.isoformat(),
        )
        self.defer(trigger=trigger, method_name="resume")

    def resume(self, context: Context, event: dict[str, Any]) -> Any:
        """Called when the wait ends, with the trigger's event."""
        if event["status"] == "published":
            return self.execute(context)
        with failing_at_once():
            raise NotPublishedError(
                f"Gave up waiting for {self.file(context).name}: {event['status']}. {event['error']}"
            )


def _waiting(file: TripFile, poke_seconds: float, give_up_at: dt.datetime) -> str:
    return (
        f"{file.name} is not published yet, so this task waits. It is deferred and holds no worker.\n"
        f"  It asks the source every {poke_seconds / 60:.3g} minutes, at the latest until "
        f"{give_up_at:%Y-%m-%d %H:%M} UTC.\n"
        "  To end the wait: mark the run as failed. To not wait at all: If the month is not published yet, "
        "in the form of Trigger."
    )


def _refuse_another_month(asked: Month, interval: Month) -> None:
    if asked != interval:
        raise MonthError(
            f"Month is {asked}, but this run of the backfill is for {interval}: with Month filled in, every "
            "run would load the same month. Expected an empty Month. Cancel the backfill and "
            "create it again without Month."
        )


class FindSensor(TaxiFileSensor, BranchMixIn):
    """Waits for the run's file, then chooses the branch: load, unchanged, or not published.

    A subclass per warehouse adds the connection and returns its hook as ``ledger``. Returns taxi,
    month, source, url, and the ``reason`` for the branch.

    :param force: load a file even if it is unchanged.
    :param verify: before a month is called unchanged, read its rows and compare them with the ledger.
    :param load: id of the first task of the load branch.
    """

    template_fields: Sequence[str] = (*TaxiFileSensor.template_fields, "force", "verify")

    def __init__(
        self,
        *,
        force: bool | str = False,
        verify: bool | str = False,
        load: str = "download",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.force = force
        self.verify = verify
        self.load = load

    @abstractmethod
    def ledger(self) -> Ledger:
        """The warehouse's hook; ``nyc_tlc.callbacks`` uses it too."""

    def published(self, context: Context, file: TripFile, found: RemoteFile) -> FoundFile:
        ledger = self.ledger()
        newest = ledger.newest_load(file)
        load = None if as_bool(self.force) else ledger.unchanged_load(file, found)
        if load is None:
            reason = f"{file.name} is loaded from {found.url}"
            return self._branch(context, self.load, FoundFile.of(file, found.url, reason, newest))
        if as_bool(self.verify) and (changes := ledger.alterations(file, load)):
            reason = f"{file.name} is loaded again, since its month was changed: {changes}"
            found_again = FoundFile.of(file, found.url, reason, newest)
            return self._branch(context, self.load, replace(found_again, altered=True))
        reason = (
            f"unchanged: {file.name} is loaded as {load.load_id} in tlc_load, "
            f"{load.rows_merged:,} rows. Set force to load it again."
        )
        return self._branch(context, "unchanged", FoundFile.of(file, found.url, reason))

    def skipped(self, context: Context, file: TripFile, error: NotPublishedError) -> FoundFile:
        reason = f"not published: {error}"
        return self._branch(context, "not_published", FoundFile.of(file, None, reason))

    def _branch(self, context: Context, task_id: str, found: FoundFile) -> FoundFile:
        """Push the result, then branch.

        ``do_branch`` raises an exception to skip the other branches, so the task cannot return a value.
        """
        self.log.info("%s", found.reason)
        context["ti"].xcom_push(key="return_value", value=found.to_xcom())
        self.do_branch(context, task_id)
        return found


class PostgresFindSensor(FindSensor, PostgresOperator):
    """Waits for the run's file, then chooses the branch: load, unchanged, or not published.

    A file is unchanged if the ledger has it with the same ETag and length and all its rows are still
    in the trips table. ``force`` loads it anyway. Returns taxi, month, source, url, ``reason``.
    """

    template_fields: Sequence[str] = (
        *FindSensor.template_fields,
        *PostgresOperator.template_fields,
    )

    def ledger(self) -> Ledger:
        return self.hook


class BigQueryFindSensor(FindSensor, BigQueryOperator):
    """Waits for the run's file, then chooses the branch: load, unchanged, or not published.

    A file is unchanged if the ledger in BigQuery has it with the same ETag and length and all its rows
    are still in the trips table. ``force`` loads it anyway. Returns taxi, month, source, url,
    ``reason``.
    """

    template_fields: Sequence[str] = (
        *FindSensor.template_fields,
        *BigQueryOperator.template_fields,
    )

    def ledger(self) -> Ledger:
        return self.hook

"""A month in one process: the operators of the taxi's DAG in order, without a scheduler.

``airflow tlc load`` and the years of ``tlc_range`` load so.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowSkipException

from nyc_tlc.core.failure import Failure
from nyc_tlc.core.loads import FoundFile, MergeOutcome, MergeResult
from nyc_tlc.operators import postgres
from nyc_tlc.operators.base import already_loaded, run_of
from nyc_tlc.operators.download import TaxiDownloadOperator

if TYPE_CHECKING:
    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.landing.remote import RemoteFile
    from nyc_tlc.core.ledger import Ledger, MergedLoad

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoadOptions:
    """The same as the params of a taxi's DAG."""

    force: bool = False
    max_rejects: int = 0
    merge: str = "replace"


RunOperator = Callable[[Any], Any]
# The steps after the download: file and landed, options, landing, and what runs an operator.
LoadLanded = Callable[[dict[str, Any], LoadOptions, str, RunOperator], dict[str, Any]]


def load_into_postgres(
    month: dict[str, Any], options: LoadOptions, landing: str, run: RunOperator, **warehouse: Any
) -> dict[str, Any]:
    """The steps of ``tlc_postgres_TAXI`` after the download; returns the merge's output.

    ``month``: file and landed, as the operators take them; ``warehouse``: schema and postgres_conn_id,
    where they are not the default.
    """
    file, force = month["file"], options.force
    try:
        month["staged"] = run(
            postgres.PostgresStageOperator(
                task_id="stage", **month, **warehouse, force=force, max_rejects=options.max_rejects
            )
        )
        run(postgres.PostgresCheckRowsOperator(task_id="check_rows", **month, **warehouse))
        month["oddities"] = run(
            postgres.PostgresCheckOdditiesOperator(
                task_id="check_oddities", file=file, staged=month["staged"], **warehouse
            )
        )
        merge = postgres.PostgresMergeOperator(
            task_id="merge", **month, **warehouse, force=force, mode=options.merge
        )
        return dict(run(merge))
    finally:
        clean_up = postgres.PostgresCleanUpOperator(
            task_id="clean_up", file=file, landing=landing, **warehouse
        )
        run(clean_up)


class MonthLoader:
    """Loads months of one run, one after another.

    :param context: the part of a run's context that the operators use: dag, run_id, dag_run.
    :param ledger: the warehouse's hook.
    :param landing: URI of the landing folder.
    :param options: how to load.
    :param load_landed: the warehouse's steps after the download.
    :param started: called with the name of each step when it starts.
    """

    def __init__(
        self,
        context: Any,
        ledger: Ledger,
        landing: str,
        options: LoadOptions,
        load_landed: LoadLanded = load_into_postgres,
        started: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._context = context
        self._ledger = ledger
        self._landing = landing
        self._options = options
        self._load_landed = load_landed
        self._started = started
        self._step = ""

    def load(self, file: TripFile) -> dict[str, Any]:
        """Load one month; returns the merge's output.

        Any error is written to the ledger before it is raised, as in a DAG run. AirflowSkipException is
        not an error: the file is loaded and unchanged.
        """
        try:
            return self._load(file)
        except AirflowSkipException:
            raise
        except Exception as error:
            self._record(file, error)
            raise

    def _load(self, file: TripFile) -> dict[str, Any]:
        """The find step does not wait for a file that is not published."""
        from nyc_tlc.hooks.tlc import TlcHook

        self._start("find")
        remote = TlcHook().probe(file)
        done = self._done(file, remote)
        if done and done.belongs_to(run_of(self._context)):
            log.info("%s was loaded by an earlier try of this run", file.name)
            return MergeResult(
                MergeOutcome.MERGED, done.rows_merged, done.rows_replaced, done.load_id
            ).to_xcom()
        if done:
            raise already_loaded(file, done)
        reason = f"{file.name} is loaded from {remote.url}"
        found = FoundFile.of(file, remote.url, reason, self._ledger.newest_load(file)).to_xcom()
        download = TaxiDownloadOperator(task_id="download", file=found, landing=self._landing)
        month = {"file": found, "landed": self._run(download)}
        return self._load_landed(month, self._options, self._landing, self._run)

    def _done(self, file: TripFile, remote: RemoteFile) -> MergedLoad | None:
        """The load that brought this very file. With ``force`` only one of this run counts, so that a
        retry goes on with the months that are left.
        """
        if self._options.force:
            latest = self._ledger.latest_load(file)
            if not (latest and latest.belongs_to(run_of(self._context))):
                return None
        return self._ledger.unchanged_load(file, remote)

    def _run(self, operator: Any) -> Any:
        # What is cleaned up after a step failed must not hide which step that was.
        if operator.task_id != "clean_up":
            self._start(operator.task_id)
        return operator.step_output(self._context)

    def _start(self, step: str) -> None:
        self._step = step
        self._started(step)

    def _record(self, file: TripFile, error: Exception) -> None:
        """If this fails too, it only logs a warning: the load's own error matters more."""
        run = run_of(self._context)
        try:
            self._ledger.record_failure(file, Failure.of(run, self._step, file, error), run)
        except Exception as second:  # noqa: BLE001  drivers raise errors of their own
            kind = type(second).__name__
            log.warning("Could not write the failure to tlc_load: %s: %s", kind, second)


@dataclass(frozen=True)
class MonthResult:
    """How a month ended, and its duration; ``message`` says why it was not loaded.

    ``outcome``: loaded, unchanged, superseded or failed.
    """

    file: TripFile
    outcome: str
    seconds: float
    rows: int = 0
    message: str = ""
    error: Exception | None = None


def result_of(file: TripFile, load: Callable[[], dict[str, Any]]) -> MonthResult:
    """The result of ``load``, which returns a merge's output. A failed month raises nothing here, so it
    does not stop the others.
    """
    started = time.monotonic()
    try:
        merged = load()
    except AirflowSkipException as skipped:
        return MonthResult(file, "unchanged", time.monotonic() - started, message=str(skipped))
    except Exception as error:  # noqa: BLE001  drivers raise errors of their own
        message = f"{type(error).__name__}: {error}"
        return MonthResult(file, "failed", time.monotonic() - started, message=message, error=error)
    seconds = time.monotonic() - started
    if merged["outcome"] == MergeOutcome.MERGED:
        return MonthResult(file, "loaded", seconds, rows=merged["rows"])
    return MonthResult(file, merged["outcome"], seconds, message=merged.get("reason", ""))

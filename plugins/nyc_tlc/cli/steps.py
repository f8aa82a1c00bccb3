"""Loads one month without a scheduler: runs the operators of the taxi's DAG in order."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from nyc_tlc.airflow_internals import variable
from nyc_tlc.core.catalog import TripFile, Warehouse
from nyc_tlc.core.failure import Failure
from nyc_tlc.core.loads import FoundFile
from nyc_tlc.overview import ledger_of

if TYPE_CHECKING:
    from nyc_tlc.core.ledger import Ledger
    from nyc_tlc.core.loads import Run

DAG_ID = "airflow tlc load"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Options:
    """The warehouse, and the same as the params of its DAG."""

    force: bool = False
    max_rejects: int = 0
    merge: str = "replace"
    warehouse: Warehouse = Warehouse.POSTGRES


class Steps:
    """Keeps the name of the current step (``current``) and reports each start."""

    def __init__(self, started: Callable[[str], None]) -> None:
        self._started = started
        self.current = ""

    def start(self, name: str) -> None:
        self.current = name
        self._started(name)


def load_month(file: TripFile, options: Options, started: Callable[[str], None]) -> dict[str, Any]:
    """Load one month, calling ``started`` with the name of each step; returns the merge's output.

    Any error is written to the ledger before it is raised, as in a DAG run. AirflowSkipException is
    not an error: the file is loaded and unchanged.
    """
    from airflow.providers.common.compat.sdk import AirflowSkipException

    from nyc_tlc.operators.base import run_of

    context, ledger, steps = _context(), ledger_of(options.warehouse), Steps(started)
    try:
        found = _find(file, options, ledger, steps)
        return _load(found, options, context, steps)
    except AirflowSkipException:
        raise
    except Exception as error:
        run = run_of(context)
        _record(ledger, file, Failure.of(run, steps.current, file, error), run)
        raise


def _find(file: TripFile, options: Options, ledger: Ledger, steps: Steps) -> FoundFile:
    """The find step, without waiting for a file that is not published."""
    from nyc_tlc.hooks.tlc import TlcHook
    from nyc_tlc.operators.base import skip_if_loaded

    steps.start("find")
    found = TlcHook().probe(file)
    if not options.force:
        skip_if_loaded(ledger, file, found)
    reason = f"{file.name} is loaded from {found.url}"
    return FoundFile.of(file, found.url, reason, ledger.newest_load(file))


def _load(found: FoundFile, options: Options, context: Any, steps: Steps) -> dict[str, Any]:
    from nyc_tlc.cli import bigquery
    from nyc_tlc.operators.download import TaxiDownloadOperator

    def run(operator: Any) -> Any:
        # What is cleaned up after a step failed must not hide which step that was.
        if operator.task_id != "clean_up":
            steps.start(operator.task_id)
        return operator.step_output(context)

    file, landing = found.to_xcom(), landing_uri()
    load = bigquery.load_landed if options.warehouse is Warehouse.BIGQUERY else _load_into_postgres
    landed = run(TaxiDownloadOperator(task_id="download", file=file, landing=landing))
    return load({"file": file, "landed": landed}, options, landing, run)


def _load_into_postgres(
    month: dict[str, Any], options: Options, landing: str, run: Callable[[Any], Any]
) -> dict[str, Any]:
    """The steps of ``tlc_postgres_TAXI`` after the download; ``run`` runs an operator."""
    from nyc_tlc.operators import postgres

    file, force = month["file"], options.force
    try:
        month["staged"] = run(
            postgres.PostgresStageOperator(
                task_id="stage", **month, force=force, max_rejects=options.max_rejects
            )
        )
        run(postgres.PostgresCheckRowsOperator(task_id="check_rows", **month))
        month["oddities"] = run(
            postgres.PostgresCheckOdditiesOperator(
                task_id="check_oddities", file=file, staged=month["staged"]
            )
        )
        merge = postgres.PostgresMergeOperator(
            task_id="merge", **month, force=force, mode=options.merge
        )
        return dict(run(merge))
    finally:
        run(postgres.PostgresCleanUpOperator(task_id="clean_up", file=file, landing=landing))


def _context() -> Any:
    """The part of a run's context that the operators use."""
    now = dt.datetime.now(dt.UTC)
    return {
        "dag": SimpleNamespace(dag_id=DAG_ID),
        "run_id": f"cli__{now.isoformat()}",
        "dag_run": SimpleNamespace(start_date=now),
    }


def landing_uri() -> str:
    """The same as in the DAGs: the Variable ``tlc_landing``, or its default."""
    from nyc_tlc.wiring.defaults import DEFAULT_LANDING

    return variable("tlc_landing", DEFAULT_LANDING)


def default_source() -> str:
    """The same as in the DAGs: the Variable ``tlc_source``, or the environment's, or TLC's Parquet."""
    from nyc_tlc.wiring.defaults import DEFAULT_SOURCE

    return variable("tlc_source", DEFAULT_SOURCE)


def _record(ledger: Ledger, file: TripFile, failure: Failure, run: Run) -> None:
    """If this fails too, it only logs a warning: the load's own error matters more."""
    try:
        ledger.record_failure(file, failure, run)
    except Exception as error:  # noqa: BLE001  drivers raise errors of their own
        log.warning("Could not write the failure to tlc_load: %s: %s", type(error).__name__, error)

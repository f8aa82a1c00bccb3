"""One month without a scheduler: the operators of ``tlc_postgres_TAXI``, one after another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from nyc_tlc.core.catalog import TripFile
from nyc_tlc.core.errors import TlcError

if TYPE_CHECKING:
    from nyc_tlc.core.loads import Ledger, Run

DAG_ID = "airflow tlc load"


@dataclass(frozen=True)
class Options:
    """As the params of the DAG."""

    force: bool = False
    max_rejects: int = 0
    merge: str = "replace"


def load_month(file: TripFile, options: Options, step: Callable[[str], None]) -> dict[str, Any]:
    """Load one month, telling ``step`` the name of each step; gives what the merge step gives.

    Raises TlcError, which is written to the ledger as by a DAG run, and AirflowSkipException where
    the file is loaded and unchanged.
    """
    from nyc_tlc.hooks.postgres import TaxiPostgresHook
    from nyc_tlc.operators.base import run_of

    context, ledger = _context(), TaxiPostgresHook("tlc_postgres")
    try:
        step("find")
        found = _find(file, options, ledger)
        return _load(found, options, context, step)
    except TlcError as error:
        _record(ledger, file, run_of(context), f"{type(error).__name__}: {error}")
        raise


def _find(file: TripFile, options: Options, ledger: Ledger) -> dict[str, Any]:
    """What the find step does of a file that is published."""
    from nyc_tlc.hooks.tlc import TlcHook
    from nyc_tlc.operators.base import skip_if_loaded
    from nyc_tlc.sensors.find import facts_of

    found = TlcHook().probe(file)
    if not options.force:
        skip_if_loaded(ledger, file, found)
    return facts_of(file, url=found.url, newest_load=ledger.newest_load(file))


def _load(
    file: dict[str, Any], options: Options, context: Any, step: Callable[[str], None]
) -> dict[str, Any]:
    from nyc_tlc.operators import postgres as steps
    from nyc_tlc.operators.download import TaxiDownloadOperator

    def run(operator: Any) -> dict[str, Any]:
        step(operator.task_id)
        return dict(operator.run_step(context) or {})

    landing, force = landing_uri(), options.force
    try:
        landed = run(TaxiDownloadOperator(task_id="download", file=file, landing=landing))
        facts: dict[str, Any] = {"file": file, "landed": landed}
        facts["staged"] = run(
            steps.PostgresStageOperator(
                task_id="stage", **facts, force=force, max_rejects=options.max_rejects
            )
        )
        run(steps.PostgresCheckRowsOperator(task_id="check_rows", **facts))
        facts["report"] = run(
            steps.PostgresCheckOdditiesOperator(
                task_id="check_oddities", file=file, staged=facts["staged"]
            )
        )
        return run(
            steps.PostgresMergeOperator(task_id="merge", **facts, force=force, mode=options.merge)
        )
    finally:
        steps.PostgresCleanUpOperator(task_id="clean_up", file=file, landing=landing).run_step(
            context
        )


def _context() -> Any:
    """As much of a run's context as the operators look at."""
    now = dt.datetime.now(dt.UTC)
    return {
        "dag": SimpleNamespace(dag_id=DAG_ID),
        "run_id": f"cli__{now.isoformat()}",
        "dag_run": SimpleNamespace(start_date=now),
    }


def landing_uri() -> str:
    """As the DAGs have it: the Variable ``tlc_landing``, or its default."""
    from airflow.sdk import Variable

    from nyc_tlc.wiring.defaults import DEFAULT_LANDING

    return str(Variable.get("tlc_landing", default=DEFAULT_LANDING))


def _record(ledger: Ledger, file: TripFile, run: Run, error: str) -> None:
    """Where the warehouse cannot be reached, that is most likely the error that is shown already."""
    try:
        ledger.record_failure(file, run, error)
    except TlcError:
        return

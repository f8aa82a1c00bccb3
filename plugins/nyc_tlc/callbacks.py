"""What happens when a task or a run fails, or a run is late: the ledger records it, people are notified.

``record_failure`` runs in the failed task, where the error is known and the warehouse can be reached.
``notify_failure`` runs once per run, in the DAG processor. ``notify_late`` runs in the triggerer.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from nyc_tlc.core.catalog import TripFile
from nyc_tlc.core.errors import TlcError
from nyc_tlc.core.loads import resolve_month
from nyc_tlc.links import run_url
from nyc_tlc.notifications import Notice, tell
from nyc_tlc.operators.base import run_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Context

log = logging.getLogger(__name__)

XCOM_KEY = "failure"
LONGEST_BYTES = 1500


def record_failure(context: Context) -> None:
    """Write the failure to ``tlc_load``, for ``on_failure_callback`` of a taxi DAG's tasks.

    Takes taxi and ledger from the find task, so that both agree. A warehouse that cannot be
    reached is logged: the task has failed already.
    """
    error = f"{context['task'].task_id}: {context.get('exception')}"
    context["ti"].xcom_push(key=XCOM_KEY, value=_shortened(error))
    try:
        file, ledger = _file(context), context["dag"].get_task("find").ledger()
        load_id = ledger.record_failure(file, run_of(context), error)
    except TlcError as unrecorded:
        log.warning("The failure could not be written to tlc_load: %s", unrecorded)
        return
    log.info("The failure is load %d in tlc_load", load_id)


def notify_failure(context: Context) -> None:
    """Tell people that a run has failed, for ``on_failure_callback`` of a taxi DAG.

    Says which month, what failed, the error's own advice, and where the log is.
    """
    ti = context.get("ti")
    error = ti and ti.xcom_pull(task_ids=ti.task_id, key=XCOM_KEY)
    what = f"{_month(context)} failed in {context['dag'].dag_id}"
    notice = Notice(
        subject=f"{what}: {error.split(':')[0]}" if error else what,
        text=f"{error or context.get('reason')}\n\nRun {context['run_id']}.",
        link=ti.log_url if ti else "",
    )
    try:
        told = tell(notice, context)
    except TlcError as untold:
        log.warning("%s", untold)
        return
    log.info("Told %d: %s", told, notice.subject)


def _shortened(error: str) -> str:
    """XCom is for small things; the ledger and the log have the whole of it."""
    return error.encode()[:LONGEST_BYTES].decode(errors="ignore")


def _file(context: Context) -> TripFile:
    params: Any = context["params"]
    interval = context.get("data_interval_start"), context.get("data_interval_end")
    month = resolve_month(params["month"], *interval)
    return TripFile.of(context["dag"].get_task("find").taxi, str(month), params["source"])


def _month(context: Context) -> str:
    try:
        file = _file(context)
    except (TlcError, KeyError):
        return "A run"
    return f"{file.taxi} {file.month}"


async def notify_late(context: Mapping[str, Any]) -> None:
    """The callback of a taxi DAG's deadline; runs in the triggerer."""
    run = context["dag_run"]
    dag_id, run_id = run["dag_id"], run["dag_run_id"]
    notice = Notice(
        subject=f"{dag_id} is late: {run.get('note') or run_id}",
        text=(
            f"Run {run_id} was queued at {run.get('queued_at')} and has not ended. If its find task "
            "is deferred, the month is not published yet, and nothing need be done. Else see the "
            "run's tasks."
        ),
        link=run_url(dag_id, run_id),
    )
    try:
        told = await asyncio.to_thread(tell, notice, dict(context))
    except TlcError as untold:
        log.warning("%s", untold)
        return
    log.info("Told %d: %s", told, notice.subject)

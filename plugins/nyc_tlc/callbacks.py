"""What happens when a task or a run fails, or a run is late: the ledger records it, people are notified.

``record_failure`` runs in the failed task, where the error is known and the warehouse can be reached.
``notify_failure`` runs once per run, in the DAG processor. ``notify_late`` runs in the triggerer.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from nyc_tlc.airflow_internals import in_dags_test
from nyc_tlc.core.catalog import TripFile
from nyc_tlc.core.errors import TlcError
from nyc_tlc.core.failure import Failure
from nyc_tlc.core.loads import resolve_month
from nyc_tlc.links import run_url
from nyc_tlc.notifications import Notice, notify
from nyc_tlc.operators.base import run_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Context

    from nyc_tlc.core.ledger import Ledger

XCOM_KEY = "failure"
FIND = "find"

log = logging.getLogger(__name__)


def record_failure(context: Context) -> None:
    """Hand the failure on to ``notify_failure``, and write it to ``tlc_load`` if the run is for a month
    of a taxi. For ``on_failure_callback`` of tasks.

    Raises nothing: the task has failed already, and its own error must stay the one that is seen.
    """
    file = _file(context)
    failure = Failure.of(run_of(context), context["task"].task_id, file, context.get("exception"))
    context["ti"].xcom_push(key=XCOM_KEY, value=failure.shortened().to_xcom())
    if file is None or not context["dag"].has_task(FIND):
        return
    try:
        load_id = _ledger(context).record_failure(file, failure, run_of(context))
    except Exception as error:  # noqa: BLE001  whatever a driver or a cloud's client raises
        log.warning("Could not write the failure to tlc_load: %s: %s", type(error).__name__, error)
        return
    log.info("The failure is load %d in tlc_load", load_id)


def _ledger(context: Context) -> Ledger:
    """The find task knows it, so that both write to the same one. Only the task that failed has its
    templates filled in, such as the BigQuery project.
    """
    if context["task"].task_id == FIND:
        find: Any = context["task"]
    else:
        find = context["dag"].get_task(FIND).prepare_for_execution()
        find.render_template_fields(context)
    ledger: Ledger = find.ledger()
    return ledger


def notify_failure(context: Context) -> None:
    """Notify people that a run has failed. For ``on_failure_callback`` of every DAG.

    Not in ``airflow dags test``: its person sees the error, and Airflow gives a callback there no way to
    read XComs (ImportError of SUPERVISOR_COMMS, Airflow 3.3.2).
    """
    if in_dags_test():
        return
    ti = context.get("ti")
    pushed = ti and ti.xcom_pull(task_ids=ti.task_id, key=XCOM_KEY)
    if pushed:
        failure = Failure.from_xcom(pushed)
        subject, why = failure.subject, str(failure)
    else:
        file, dag_id = _file(context), context["dag"].dag_id
        subject = f"{file.taxi} {file.month}: {dag_id} failed" if file else f"{dag_id} failed"
        why = str(context.get("reason"))
    text = f"{why}\n\nRun {context['run_id']}."
    _notify(Notice(subject, text, link=ti.log_url if ti else ""), context)


async def notify_late(context: Mapping[str, Any]) -> None:
    """Notify people that a run has not ended in time; the run goes on. For a DAG's deadline."""
    run = context["dag_run"]
    dag_id, run_id = run["dag_id"], run["dag_run_id"]
    notice = Notice(
        subject=f"{dag_id} is late: {run.get('note') or run_id}",
        text=(
            f"Run {run_id} was queued at {run.get('queued_at')} and has not ended. If its find task "
            "is deferred, the month is not published yet and there is nothing to do. Otherwise look "
            "at the run's tasks."
        ),
        link=run_url(dag_id, run_id),
    )
    await asyncio.to_thread(_notify, notice, dict(context))


def _notify(notice: Notice, context: Any) -> None:
    try:
        sent = notify(notice, context)
    except TlcError as error:
        log.warning("%s: %s", type(error).__name__, error)
        return
    log.info("Sent %d notifications: %s", sent, notice.subject)


def _file(context: Context) -> TripFile | None:
    """The file that the run is for; None for a DAG without months, and where none is settled."""
    params: Mapping[str, Any] = context.get("params") or {}
    dag = context["dag"]
    taxi = dag.get_task(FIND).taxi if dag.has_task(FIND) else params.get("taxi")
    if not taxi or "month" not in params:
        return None
    interval = context.get("data_interval_start"), context.get("data_interval_end")
    try:
        month = resolve_month(params["month"], *interval)
        return TripFile.of(taxi, str(month))
    except (TlcError, ValueError):
        return None

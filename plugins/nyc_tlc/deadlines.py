"""A month that is not in after its time: people are told, and the run goes on."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from nyc_tlc.errors import TlcError
from nyc_tlc.links import run_url
from nyc_tlc.notifications import Notice, tell

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)


async def tell_late(context: Mapping[str, Any]) -> None:
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

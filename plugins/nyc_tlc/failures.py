"""A task callback that writes a failed load to the ledger."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from nyc_tlc.catalog import TripFile
from nyc_tlc.errors import TlcError
from nyc_tlc.operators.base import run_of
from nyc_tlc.run_month import resolve_month

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)


def record_failure(context: Context) -> None:
    """Write the failure to ``tlc_load``, for ``on_failure_callback`` of a taxi DAG's tasks.

    Takes taxi and ledger from the find task, so that both agree. A warehouse that cannot be
    reached is logged: the task has failed already.
    """
    find = context["dag"].get_task("find")
    params = context["params"]
    interval = context.get("data_interval_start"), context.get("data_interval_end")
    try:
        month = resolve_month(params["month"], *interval)
        file = TripFile.of(find.taxi, str(month), params["source"])
        error = f"{context['task'].task_id}: {context.get('exception')}"
        load_id = find.ledger().record_failure(file, run_of(context), error)
    except TlcError as unrecorded:
        log.warning("The failure could not be written to tlc_load: %s", unrecorded)
        return
    log.info("The failure is load %d in tlc_load", load_id)

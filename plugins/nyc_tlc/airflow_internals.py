"""What we use of Airflow beyond its public interface, or in a way that depends on its version.

Each function says why it is needed and what happens where Airflow is different. The README's table
of versions says what they were tested on; ``tests/unit/test_airflow_internals.py`` runs on each of
them, and on the next (``make test-next``), so that it is the first to notice a change.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.version_compat import AIRFLOW_V_3_2_PLUS

if TYPE_CHECKING:
    from airflow.cli.cli_config import ActionCommand
    from airflow.timetables.base import DagRunInfo, DataInterval
    from pendulum import DateTime

log = logging.getLogger(__name__)

# ``retry_exponential_backoff``: a switch that doubles the delay up to 3.1, a multiplier since 3.2,
# where True means 1 and so no backoff.
DOUBLED_DELAY: float | bool = 2.0 if AIRFLOW_V_3_2_PLUS else True


def run_info(interval: DataInterval, *, run_after: DateTime) -> DagRunInfo:
    """A run of an interval that starts at some other moment than the interval's end.

    ``DagRunInfo(run_after=…, data_interval=…)`` raises TypeError in 3.2.0 to 3.2.2
    (github.com/apache/airflow/issues/68315). ``DagRunInfo.interval`` fills in the fields that only
    some versions have. Without either, no month is scheduled.
    """
    from airflow.timetables.base import DagRunInfo

    info: DagRunInfo = DagRunInfo.interval(interval.start, interval.end)
    return info._replace(run_after=run_after)


def is_paused(task_instance: Any, dag_id: str) -> bool:
    """Whether a DAG is paused, as a running task can ask since 3.2.

    Where it cannot, False: the runs of a paused DAG then wait, and ``tlc_range`` waits for them.
    """
    if not hasattr(task_instance, "get_dag"):
        return False
    return bool(task_instance.get_dag(dag_id).is_paused)


def see_metadata_connections() -> None:
    """Let hooks in this process read the metadata database's connections, as ``airflow connections``.

    Airflow has no public way for a command. Where the variable's name has changed, a command finds
    only connections of the environment and of secrets backends, and says that one is not defined.
    """
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"


def ended_runs() -> dict[str, bool] | None:
    """``dag_id run_id`` of each run in the metadata database, and whether it has ended.

    Airflow has no public way for a command. None where the database cannot be read: then
    ``airflow tlc doctor`` takes only what is two days old for a leftover.
    """
    try:
        from airflow.models.dagrun import DagRun
        from airflow.utils.session import create_session
        from sqlalchemy import select

        with create_session() as session:
            runs = session.execute(select(DagRun.dag_id, DagRun.run_id, DagRun.state)).all()
    except Exception as error:  # noqa: BLE001  SQLAlchemy's and Airflow's own, of any version
        log.debug("Airflow's runs cannot be read: %s", error)
        return None
    return {f"{dag_id} {run_id}": state in ("success", "failed") for dag_id, run_id, state in runs}


def add_to_dags_group(command: ActionCommand) -> None:
    """Add a command to ``airflow dags``, in the list from which Airflow builds its parser.

    A provider can add groups only, since 3.2. Where that list is not as in 3.2 and 3.3, it stays as
    it is, and so does Airflow's own message that ``dags backfill`` has been removed.
    """
    from airflow.cli.cli_config import GroupCommand

    groups: Any = getattr(sys.modules.get("airflow.cli.cli_parser"), "airflow_commands", ())
    try:
        [place] = [i for i, group in enumerate(groups) if group.name == "dags"]
        dags = groups[place]
        if all(known.name != command.name for known in dags.subcommands):
            subcommands = [*dags.subcommands, command]
            groups[place] = GroupCommand(dags.name, dags.help, subcommands, dags.description)
    except (AttributeError, TypeError, ValueError) as error:
        log.debug("airflow dags %s is not added: %s", command.name, error)

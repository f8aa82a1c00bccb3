"""What we use of Airflow beyond its public interface, or in a way that depends on its version.

Each function says why it is needed and what happens where Airflow is different. The README's table
of versions says what they were tested on; ``tests/unit/test_airflow_internals.py`` runs on each of
them, and on the next (``make test-next``), so that it is the first to notice a change.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.version_compat import AIRFLOW_V_3_2_PLUS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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


def without_note(dag_run: Any) -> bool:
    """Whether a run has no note yet.

    The run of ``airflow dags test`` belongs to no session, so its note cannot be read. It is a new run,
    hence has none; Airflow merges it into a session afterwards, with what was set meanwhile. Where
    Airflow would no longer do so, these runs have no note.
    """
    from sqlalchemy import inspect
    from sqlalchemy.orm.attributes import set_committed_value

    if inspect(dag_run).detached:
        set_committed_value(dag_run, "dag_run_note", None)
    return not dag_run.note


def dag_bag(folder: Path) -> Any:
    """Airflow's own loader of DAG files; it moved in 3.2."""
    try:
        from airflow.dag_processing.dagbag import DagBag
    except ModuleNotFoundError:
        from airflow.models.dagbag import DagBag

    return DagBag(dag_folder=str(folder))


def serialized_dag(dag: Any) -> dict[str, Any]:
    """What Airflow stores of a DAG. The class is named otherwise since 3.2."""
    from airflow.serialization import serialized_objects

    names = ("DagSerialization", "SerializedDAG")
    kind = next(filter(None, (getattr(serialized_objects, name, None) for name in names)))
    return dict(kind.to_dict(dag)["dag"])


def see_metadata_connections() -> None:
    """Let hooks in this process read the metadata database's connections, as ``airflow connections``.

    Airflow has no public way for a command. Where the variable's name has changed, a command finds
    only connections of the environment and of secrets backends, and says that one is not defined.
    """
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"


def _metadata_rows(query: Any) -> list[Any] | None:
    """Rows of Airflow's own tables, for the api-server and for commands; None where they cannot be read.

    Airflow has no public way for a command: its REST API would need its address and a login.
    """
    from airflow.utils.session import create_session
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with create_session() as session:
            return [tuple(row) for row in session.execute(query)]
    except SQLAlchemyError as error:
        log.debug("Airflow's metadata database cannot be read: %s", error)
        return None


def ended_runs() -> dict[str, bool] | None:
    """``dag_id run_id`` of each run in the metadata database, and whether it has ended.

    None where the database cannot be read: then ``airflow tlc doctor`` takes only what is two days old
    for a leftover.
    """
    from airflow.models.dagrun import DagRun
    from sqlalchemy import select

    runs = _metadata_rows(select(DagRun.dag_id, DagRun.run_id, DagRun.state))
    if runs is None:
        return None
    return {f"{dag_id} {run_id}": state in ("success", "failed") for dag_id, run_id, state in runs}


def in_dags_test() -> bool:
    """Whether this process is ``airflow dags test``, which runs a run's tasks itself.

    A person waits for it. Between two tries Airflow waits in this process too, and a task that has run
    in it has left a handler that ignores SIGTERM (Airflow 3.3.2, ``_on_term`` in task_runner.py).
    """
    return sys.argv[1:3] == ["dags", "test"]


def queued_runs_of_paused_dags() -> dict[str, int] | None:
    """How many runs of each paused DAG are queued; None where the metadata database cannot be read."""
    from airflow.models import DagModel, DagRun
    from sqlalchemy import func, select

    found = _metadata_rows(
        select(DagRun.dag_id, func.count())
        .join(DagModel, DagModel.dag_id == DagRun.dag_id)
        .where(DagModel.is_paused, DagRun.state == "queued")
        .group_by(DagRun.dag_id)
        .order_by(DagRun.dag_id)
    )
    return None if found is None else dict(found)


def log_without_traceback(block: Callable[[BaseException], str | None]) -> None:
    """From now on this process logs an exception as its ``block`` of text, where it has one.

    Airflow logs a task's exception with its traceback, and twice where it has a cause; it has no setting
    for that. It logs through structlog, whose processors are one list for all of its loggers. If that
    is no longer so, the traceback is logged as before.
    """
    import structlog

    def without_traceback(_logger: Any, _method: str, event: Any) -> Any:
        error = sys.exc_info()[1] if event.get("exc_info") else None
        if error is not None and (text := block(error)):
            event.pop("exc_info")
            event.pop("positional_args", None)
            event["event"] = text
        return event

    processors = structlog.get_config().get("processors")
    names = [getattr(each, "__name__", "") for each in processors or ()]
    if isinstance(processors, list) and without_traceback.__name__ not in names:
        processors.insert(0, without_traceback)


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


def active_runs(dag_ids: list[str], first_task: str) -> list[tuple[Any, ...]]:
    """The queued and running runs of DAGs, in one query: dag_id, run_id, state, conf, the start of the
    data interval, its end, the state of the run's first task, how many tasks have ended, and of how many.

    Where the metadata database cannot be read, none: a page or a command then shows what the ledger
    says.
    """
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.state import State
    from sqlalchemy import func, select

    def of_the_run(what: Any, *which: Any) -> Any:
        in_run = (TaskInstance.dag_id == DagRun.dag_id, TaskInstance.run_id == DagRun.run_id)
        return select(what).where(*in_run, *which).correlate(DagRun).scalar_subquery()

    query = select(
        DagRun.dag_id, DagRun.run_id, DagRun.state, DagRun.conf, DagRun.data_interval_start,
        DagRun.data_interval_end,
        of_the_run(func.max(TaskInstance.state), TaskInstance.task_id == first_task),
        of_the_run(func.count(), TaskInstance.state.in_(State.finished)),
        of_the_run(func.count()),
    ).where(DagRun.dag_id.in_(dag_ids), DagRun.state.in_(["queued", "running"]))  # fmt: skip
    return _metadata_rows(query) or []


def log_to_stderr() -> None:
    """From now on, for a command: what it prints on stdout is its result, perhaps JSON, and Airflow logs
    there too. If Airflow's loggers have no stream to set one day, the log stays where it was.
    """
    import structlog

    # By its number: what is in sys.stderr may be closed while the loggers stay.
    stderr = os.fdopen(2, "w", 1, closefd=False)
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stdout:
            handler.setStream(stderr)
    factory: Any = structlog.get_config().get("logger_factory")
    if hasattr(factory, "io"):
        writes_bytes = issubclass(getattr(factory, "cls", object), structlog.BytesLogger)
        factory.io = os.fdopen(2, "wb", 0, closefd=False) if writes_bytes else stderr


def variable(name: str, default: str) -> str:
    """A Variable of Airflow's, for a command or a page.

    Without Airflow's tables, as for ``airflow tlc load`` on a new machine, only the environment is asked:
    Airflow would log an error with its traceback for each Variable.
    """
    from airflow.models import Variable

    if metadata_is_readable():
        return str(Variable.get(name, default_var=default))
    return os.environ.get(f"AIRFLOW_VAR_{name.upper()}", default)


def metadata_is_readable() -> bool:
    """Whether Airflow's tables can be read. Once they can, it is not asked again: a page asks often."""
    from airflow.models.variable import Variable
    from sqlalchemy import select

    if not _readable.is_set() and _metadata_rows(select(Variable.key).limit(1)) is not None:
        _readable.set()
    return _readable.is_set()


_readable = threading.Event()

"""What ``airflow tlc doctor`` checks in Airflow itself: notifiers, and runs of paused DAGs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from nyc_tlc.airflow_internals import queued_runs_of_paused_dags, variable
from nyc_tlc.cli.checkup import Finding
from nyc_tlc.core.errors import NotifierError
from nyc_tlc.notifications import VARIABLE, entries, notifier

if TYPE_CHECKING:
    from airflow.sdk import BaseNotifier

NO_MESSAGE = "can be made; no message was sent"


def try_notifiers() -> Iterator[Finding]:
    """Makes each notifier, and looks for its connection; sends nothing."""
    try:
        listed = entries(variable(VARIABLE, "[]"))
    except NotifierError as error:
        yield Finding(VARIABLE, "variable", False, str(error))
        return
    if not listed:
        yield Finding(VARIABLE, "variable", True, "not set: nobody is notified of failures")
    for entry in listed:
        yield _try_notifier(entry)


def _try_notifier(entry: Any) -> Finding:
    from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook

    try:
        made = notifier(entry)
        for connection in _connections(made):
            BaseHook.get_connection(connection)
    except NotifierError as error:
        return Finding(VARIABLE, "notifier", False, str(error))
    except AirflowNotFoundException as error:
        advice = "Define it in Admin → Connections, with the server and the login of the notifier."
        return Finding(VARIABLE, type(made).__name__, False, f"{error}.", advice)
    return Finding(VARIABLE, type(made).__name__, True, NO_MESSAGE)


def _connections(made: BaseNotifier) -> list[str]:
    """The connections that it names in its arguments: ``smtp_conn_id``, ``slack_conn_id``."""
    named = {name: value for name, value in vars(made).items() if name.endswith("conn_id")}
    return [value for value in named.values() if isinstance(value, str) and value]


def try_paused_dags() -> Iterator[Finding]:
    """Names each paused DAG that has queued runs: they start when it is unpaused."""
    queued = queued_runs_of_paused_dags()
    if queued is None:
        seen = "not checked: Airflow's metadata database cannot be read"
        yield Finding("airflow", "paused DAGs", True, seen)
        return
    if not queued:
        yield Finding("airflow", "paused DAGs", True, "none has queued runs")
    for dag_id, runs in queued.items():
        seen = f"{dag_id} is paused and has {runs} queued {'run' if runs == 1 else 'runs'}"
        advice = f"Start them: airflow dags unpause {dag_id}"
        yield Finding("airflow", "paused DAGs", True, seen, advice)

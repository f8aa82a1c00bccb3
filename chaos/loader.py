"""One load in a process of its own: the real steps of a month, without a scheduler.

As Airflow does it: each step is a task with an execution timeout, what it returned is kept for the
next try, and clean-up comes when the run has ended well or for good.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import resource
import sys
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowSkipException
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowTaskTimeout
from airflow.sdk.execution_time.timeout import timeout

from nyc_tlc.core.errors import TlcError
from nyc_tlc.core.landing import remote
from nyc_tlc.operators import postgres as steps
from nyc_tlc.operators.download import TaxiDownloadOperator
from nyc_tlc.sensors.find import PostgresFindSensor

if TYPE_CHECKING:
    from collections.abc import Callable

    Operators = dict[str, Callable[["Order", dict[str, Any]], Any]]

STEPS = {
    "postgres": ("find", "download", "stage", "check_rows", "check_oddities", "merge"),
    "bigquery": (
        "find", "download", "upload", "transform", "load", "check_rows", "check_oddities", "merge",
    ),
}  # fmt: skip
NAMED = (TlcError, AirflowTaskTimeout, AirflowSkipException)
# Twenty times as fast as in earnest.
SCALE = 0.05


@dataclass(frozen=True)
class Order:
    """One try of a run. ``xcoms`` is a file; ``env`` has the connections; ``last``: clean up anyway."""

    run_id: str
    taxi: str
    month: str
    source: str
    landing: str
    journal: str
    env: dict[str, str]
    seconds: float
    force: bool = False
    last: bool = False
    keep_landed: bool = True
    largest_file: int | None = None
    only_clean_up: bool = False
    patience: dict[str, object] = field(default_factory=dict)
    warehouse: str = "postgres"
    place: dict[str, str] | None = None
    clock_seconds: float = 0.0


def run(order: Order) -> None:
    """Do the steps that no earlier try has done; the process's exit code is 0 where all is well."""
    os.environ.update(order.env)
    _be_fast(order)
    journal = Journal(Path(order.journal))
    with Path(order.journal).with_suffix(".log").open("a") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        logging.basicConfig(stream=sys.stderr, level=logging.WARNING, force=True)
        sys.exit(0 if _try(order, journal) else 1)


def _try(order: Order, journal: Journal) -> bool:
    xcoms = journal.xcoms()
    ended, well = True, True
    if not order.only_clean_up:
        ended, well = _steps(order, journal, xcoms)
    if ended or order.last:
        well = _task(order, journal, xcoms, "clean_up") is not None and well
    return well


def _steps(order: Order, journal: Journal, xcoms: dict[str, Any]) -> tuple[bool, bool]:
    """Whether the run has ended, and whether it ended well."""
    for name in STEPS[order.warehouse]:
        if name in xcoms:
            continue
        done = _task(order, journal, xcoms, name)
        if done is None:
            return not journal.retryable, False
        xcoms[name] = done
        if "skipped" in done:
            break
    return True, True


def _task(
    order: Order, journal: Journal, xcoms: dict[str, Any], name: str
) -> dict[str, Any] | None:
    """What the step returned; None where it failed, which is in the journal then."""
    journal.write(step=name, event="begun", pid=os.getpid())
    try:
        with timeout(order.seconds):
            with DAG("chaos", schedule=None):
                operator = operators(order)[name](order, xcoms)
            output = operator.step_output(_context(order))
            done = output if isinstance(output, dict) else {"output": output}
    except AirflowSkipException as skip:
        done = {"skipped": str(skip)}
    except (Exception, AirflowTaskTimeout) as error:  # noqa: BLE001 - judged by the parent
        journal.failed(name, error)
        return None
    journal.write(step=name, event="done", xcom=done)
    return done


def operators(order: Order) -> Operators:
    if order.warehouse == "postgres":
        return _POSTGRES
    from chaos.bigquery_steps import BIGQUERY

    return BIGQUERY


def find(kind: Any, order: Order, **arguments: Any) -> Any:
    sensor = kind(
        task_id="find", taxi=order.taxi, month=order.month, source=order.source,
        force=order.force, if_unpublished="fail", **arguments,
    )  # fmt: skip

    def do_branch(_context: Any, branch: str) -> None:
        if branch != "download":
            raise AirflowSkipException(branch)

    sensor.do_branch = do_branch
    return sensor


def facts(xcoms: dict[str, Any], *names: str) -> dict[str, Any]:
    """What earlier steps returned, by the name that an operator's argument has."""
    return {name: xcoms[_STEP_OF[name]] for name in names}


_STEP_OF = {
    "file": "find", "landed": "download", "staged": "stage", "sent": "upload",
    "oddities": "check_oddities",
}  # fmt: skip

_POSTGRES: Operators = {
    "find": lambda order, _: find(PostgresFindSensor, order),
    "download": lambda order, x: TaxiDownloadOperator(
        task_id="download", landing=order.landing, **facts(x, "file")
    ),
    "stage": lambda order, x: steps.PostgresStageOperator(
        task_id="stage", force=order.force, **facts(x, "file", "landed")
    ),
    "check_rows": lambda _, x: steps.PostgresCheckRowsOperator(
        task_id="check_rows", **facts(x, "file", "landed", "staged")
    ),
    "check_oddities": lambda _, x: steps.PostgresCheckOdditiesOperator(
        task_id="check_oddities", **facts(x, "file", "staged")
    ),
    "merge": lambda order, x: steps.PostgresMergeOperator(
        task_id="merge", force=order.force, **facts(x, "file", "landed", "staged", "oddities")
    ),
    "clean_up": lambda order, x: steps.PostgresCleanUpOperator(
        task_id="clean_up", file=found(x),
        landing=order.landing, keep_landed=order.keep_landed,
    ),
}  # fmt: skip


def found(xcoms: dict[str, Any]) -> dict[str, Any] | None:
    """What find returned; None where it skipped or failed."""
    returned: dict[str, Any] = xcoms.get("find", {})
    return returned if "url" in returned else None


def _context(order: Order) -> Any:
    return {
        "dag": SimpleNamespace(dag_id="chaos"),
        "run_id": order.run_id,
        "dag_run": SimpleNamespace(start_date=dt.datetime.now(dt.UTC), run_type="manual"),
        "ti": SimpleNamespace(xcom_push=lambda key, value: None),
        "outlet_events": {},
    }


def _be_fast(order: Order) -> None:
    """Pauses and time limits, scaled down; a disk of few bytes."""
    pause = time.sleep
    setattr(remote, "sleep", lambda seconds: pause(seconds * SCALE))  # noqa: B010
    remote.TIMEOUT_SECONDS = (2, 2)
    _set_clock(order.clock_seconds)
    for name, value in order.patience.items():
        module, _, attribute = name.rpartition(".")
        setattr(sys.modules[module], attribute, value)
    if order.largest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order.largest_file, order.largest_file))


def _set_clock(seconds: float) -> None:
    """The clock of this process is that much ahead, or behind."""
    if seconds:
        now, now_ns = time.time, time.time_ns
        setattr(time, "time", lambda: now() + seconds)  # noqa: B010
        setattr(time, "time_ns", lambda: now_ns() + int(seconds * 1e9))  # noqa: B010


class Journal:
    """What a run's tries did and returned, a line each, so that it survives a SIGKILL."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.retryable = True

    def write(self, **line: Any) -> None:
        try:
            with self.path.open("a") as file:
                file.write(json.dumps(line, default=str) + "\n")
        except OSError:
            return  # a disk without room

    def failed(self, step: str, error: BaseException) -> None:
        self.retryable = not isinstance(error, TlcError) or error.retryable
        self.write(
            step=step, event="failed", error=type(error).__name__, message=str(error)[:600],
            named=isinstance(error, NAMED), retryable=self.retryable,
            trace="" if isinstance(error, NAMED) else "".join(traceback.format_exception(error))[-3000:],
        )  # fmt: skip

    def lines(self) -> list[dict[str, Any]]:
        if not self.path.exists():
            return []
        return [json.loads(line) for line in self.path.read_text().splitlines() if line[-1:] == "}"]

    def xcoms(self) -> dict[str, Any]:
        """What the steps returned since the run was last cleared."""
        found: dict[str, Any] = {}
        for line in self.lines():
            if line["event"] == "cleared":
                found = {}
            elif line["event"] == "done":
                found[line["step"]] = line["xcom"]
        found.pop("clean_up", None)
        return found

"""The state of each month: from the ledger, the active runs, and what is known about the source.

The page *Taxi months* and ``airflow tlc months`` both show what ``month_states`` returns.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from nyc_tlc.core.catalog import Month, Source, Taxi, TripFile
from nyc_tlc.core.landing.remote import RemoteFile
from nyc_tlc.core.ledger import LedgerMonth

# What the source answered, by file: None where it does not have the file. A file that is not in it was
# never asked for.
Answers = Mapping[TripFile, RemoteFile | None]


# The DAG tlc_source writes this Variable. A Variable, because every warehouse needs it and the
# api-server can read it without a warehouse; one DAG with one run at a time writes it.
SOURCE_CHECK = "tlc_source_check"


class State(StrEnum):
    LOADED = "loaded"
    LOADED_FROM_CSV = "loaded from CSV"
    LOADED_WITH_REJECTS = "loaded with rejects"
    REPUBLISHED = "republished since"
    RUNNING = "running"
    WAITING = "waiting for publication"
    QUEUED = "queued"
    FAILED = "failed"
    MISSING = "missing"
    UNPUBLISHED = "not published"
    UNKNOWN = "unknown"

    @property
    def mark(self) -> str:
        """A symbol of its own, so that nobody needs to see the colour."""
        return _MARKS[self]


_MARKS = {
    State.LOADED: "●",
    State.LOADED_FROM_CSV: "◐",
    State.LOADED_WITH_REJECTS: "◆",
    State.REPUBLISHED: "↻",
    State.RUNNING: "▶",
    State.WAITING: "◷",
    State.QUEUED: "…",
    State.FAILED: "✗",
    State.MISSING: "○",
    State.UNPUBLISHED: "·",
    State.UNKNOWN: "?",
}


@dataclass(frozen=True)
class ActiveRun:
    """A run that has not ended. ``waits``: its find task is deferred until the file is published.
    ``tasks_ended`` of its ``tasks`` have ended.
    """

    taxi: Taxi
    month: Month
    dag_id: str
    run_id: str
    queued: bool = False
    waits: bool = False
    tasks_ended: int = 0
    tasks: int = 0

    @property
    def state(self) -> State:
        if self.queued:
            return State.QUEUED
        return State.WAITING if self.waits else State.RUNNING


@dataclass(frozen=True)
class MonthState:
    """A month of a taxi.

    ``rows``, ``bytes`` and ``loaded_at`` are those of its last merged load; ``error`` is that of its
    last load, if that failed. ``source_bytes``: the size of the file that the source has now.
    ``run_id``: the run that is active; ``tasks_ended`` of its ``tasks`` have ended, once it is running.
    """

    taxi: Taxi
    month: Month
    state: State
    rows: int | None = None
    error: str | None = None
    bytes: int | None = None
    source_bytes: int | None = None
    loaded_at: dt.datetime | None = None
    run_id: str | None = None
    tasks_ended: int | None = None
    tasks: int | None = None


@dataclass(frozen=True)
class SourceCheck:
    """What the source had when it was asked for all months."""

    checked_at: dt.datetime
    answers: Answers

    def to_json(self) -> str:
        files = {
            f"{file.taxi} {file.month}": answer and asdict(answer)
            for file, answer in self.answers.items()
        }
        return json.dumps({"checked_at": self.checked_at.isoformat(), "files": files})

    @classmethod
    def from_json(cls, text: str) -> SourceCheck:
        """Raises ValueError, KeyError or TypeError for a text that ``to_json`` did not write."""
        stored = json.loads(text)
        answers = {
            TripFile(Taxi(taxi), Month.parse(month)): answer and RemoteFile(**answer)
            for (taxi, month), answer in (
                (name.split(" "), answer) for name, answer in stored["files"].items()
            )
        }
        return cls(dt.datetime.fromisoformat(stored["checked_at"]), answers)


def files_of(
    taxis: Iterable[str], first: str | None = None, last: str | None = None,
    source: str = Source.PARQUET,
) -> list[TripFile]:  # fmt: skip
    """The months of the taxis (default: all), from each taxi's first month to last calendar month."""
    earliest = Month.parse(first) if first else Month(2009, 1)
    latest = Month.parse(last) if last else Month.of(dt.datetime.now(dt.UTC).date()).shift(-1)
    return [
        TripFile(taxi, month, Source(source))
        for taxi in map(Taxi, list(taxis) or Taxi)
        for month in max(taxi.first_month, earliest).through(latest)
    ]


def month_states(
    files: Sequence[TripFile],
    loads: Iterable[LedgerMonth],
    runs: Iterable[ActiveRun],
    answers: Answers,
) -> list[MonthState]:
    """The state of each file's month, in the order of the files."""
    load_of = {(load.taxi, load.month): load for load in loads}
    run_of = {(run.taxi, run.month): run for run in sorted(runs, key=_progress)}
    return [
        _month_state(
            file, load_of.get((file.taxi, file.month)), run_of.get((file.taxi, file.month)), answers
        )
        for file in files
    ]


def _progress(run: ActiveRun) -> int:
    """Of two runs of a month, the one that has come further is shown."""
    return (State.QUEUED, State.WAITING, State.RUNNING).index(run.state)


def _month_state(
    file: TripFile, load: LedgerMonth | None, run: ActiveRun | None, answers: Answers
) -> MonthState:
    state = run.state if run else _state_at_rest(file, load, answers)
    answer = answers.get(file)
    return MonthState(
        file.taxi,
        file.month,
        state,
        rows=load.rows if load else None,
        error=load.failure if load and state is State.FAILED else None,
        bytes=load.bytes if load else None,
        source_bytes=answer.bytes if answer else None,
        loaded_at=load.loaded_at if load else None,
        run_id=run.run_id if run else None,
        tasks_ended=run.tasks_ended if run and state is State.RUNNING else None,
        tasks=run.tasks if run and state is State.RUNNING else None,
    )


def _state_at_rest(file: TripFile, load: LedgerMonth | None, answers: Answers) -> State:
    """The state of a month that no run is active for."""
    if load and load.outcome == "merged":
        return _loaded_state(load, answers.get(TripFile(file.taxi, file.month)))
    if file in answers and answers[file] is None and not (load and load.rows is not None):
        return State.UNPUBLISHED
    if load:
        return State.FAILED
    return State.MISSING if file in answers else State.UNKNOWN


def _loaded_state(load: LedgerMonth, answer: RemoteFile | None) -> State:
    if answer and _is_republished(load, answer):
        return State.REPUBLISHED
    if load.rejected:
        return State.LOADED_WITH_REJECTS
    if load.url and not load.url.endswith(".parquet"):
        return State.LOADED_FROM_CSV
    return State.LOADED


def _is_republished(load: LedgerMonth, answer: RemoteFile) -> bool:
    """Whether the source's file is another than the loaded one. A file from another address, such as
    the CSV mirror, cannot be compared.
    """
    if load.url != answer.url or load.bytes is None:
        return False
    return not answer.describes(load.url, load.etag, load.last_modified, load.bytes)

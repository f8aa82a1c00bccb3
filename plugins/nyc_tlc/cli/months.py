"""``airflow tlc months``: shows which months are published, loaded, missing or failed."""

from __future__ import annotations

import argparse
import datetime as dt
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from rich.columns import Columns
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from nyc_tlc.cli.publication import Publication
from nyc_tlc.cli.session import begin, terminal
from nyc_tlc.cli.steps import default_source, ledger_of
from nyc_tlc.core.catalog import Month, Source, Taxi, TripFile, Warehouse
from nyc_tlc.core.errors import TlcError
from nyc_tlc.core.ledger import LedgerMonth


class State(StrEnum):
    LOADED = "loaded"
    FAILED = "failed"
    MISSING = "missing"
    UNPUBLISHED = "not published"
    UNKNOWN = "unknown"


LOOKS = {
    State.LOADED: ("●", "green"),
    State.FAILED: ("✗", "bold red"),
    State.MISSING: ("○", "yellow"),
    State.UNPUBLISHED: ("·", "dim"),
    State.UNKNOWN: ("?", "magenta"),
}


@dataclass(frozen=True)
class MonthState:
    """A month of a taxi; ``rows`` of its last merged load, ``error`` of its last load if that failed."""

    taxi: Taxi
    month: Month
    state: State
    rows: int | None = None
    error: str | None = None


def months(args: argparse.Namespace) -> None:
    begin(verbose=args.verbose, in_a_hurry=True)
    console = terminal()
    try:
        files = files_of(args.taxi, args.first, args.last, args.source or default_source())
        loads = {
            (load.taxi, load.month): load for load in ledger_of(Warehouse(args.warehouse)).months()
        }
        publication = Publication(terminal(stderr=True))
        publication.ask([f for f in files if not _is_loaded(loads.get((f.taxi, f.month)))])
    except TlcError as error:
        raise SystemExit(f"{type(error).__name__}: {error}") from error
    states = [_state(file, loads.get((file.taxi, file.month)), publication) for file in files]
    if args.output == "table":
        _print_matrices(console, states)
        if publication.failure:
            console.print(
                Text(
                    f"Could not check which months are published: {publication.failure}", "magenta"
                )
            )
    else:
        from airflow.cli.simple_table import AirflowConsole

        AirflowConsole().print_as(states, args.output, mapper=_row)


def files_of(taxis: list[str], first: str | None, last: str | None, source: str) -> list[TripFile]:
    """The months of the taxis (default: all), from each taxi's first month to last calendar month."""
    earliest = Month.parse(first) if first else Month(2009, 1)
    latest = Month.parse(last) if last else Month.of(dt.datetime.now(dt.UTC).date()).shift(-1)
    return [
        TripFile(taxi, month, Source(source))
        for taxi in map(Taxi, taxis or Taxi)
        for month in max(taxi.first_month, earliest).through(latest)
    ]


def _is_loaded(load: LedgerMonth | None) -> bool:
    return load is not None and load.outcome == "merged"


def _state(file: TripFile, load: LedgerMonth | None, publication: Publication) -> MonthState:
    if load and _is_loaded(load):
        return MonthState(file.taxi, file.month, State.LOADED, load.rows)
    published = publication.of(file)
    if published is False:
        return MonthState(file.taxi, file.month, State.UNPUBLISHED)
    if load:
        return MonthState(file.taxi, file.month, State.FAILED, load.rows, load.failure)
    return MonthState(file.taxi, file.month, State.MISSING if published else State.UNKNOWN)


def _row(month: MonthState) -> dict[str, object]:
    return {
        "taxi": str(month.taxi),
        "month": str(month.month),
        "state": str(month.state),
        "rows": month.rows,
        "error": month.error,
    }


def _print_matrices(console: Console, states: list[MonthState]) -> None:
    taxis = list(dict.fromkeys(state.taxi for state in states))
    blocks = [_block(taxi, [s for s in states if s.taxi is taxi]) for taxi in taxis]
    console.print(Columns(blocks, padding=(1, 6)))
    legend = [Text.assemble(LOOKS[state], f" {state}") for state in State]
    console.print(Padding(Text("   ").join(legend), (1, 0)))
    for state in states:
        if state.error:
            console.print(Text.assemble(LOOKS[State.FAILED], f" {state.taxi} {state.month}"))
            console.print(Padding(Text(state.error, "dim"), (0, 0, 0, 2)))


def _block(taxi: Taxi, states: list[MonthState]) -> Group:
    """A taxi's matrix, with the number of months in each state above it."""
    matrix = Table.grid(padding=(0, 1))
    matrix.add_row("    ", *(Text(f"{number:2d}", "dim") for number in range(1, 13)))
    for year in sorted({state.month.year for state in states}):
        cells = {s.month.number: Text(*_look(s)) for s in states if s.month.year == year}
        matrix.add_row(Text(str(year), "dim"), *(cells.get(n, "") for n in range(1, 13)))
    counts = Counter(state.state for state in states)
    counted = ", ".join(f"{counts[state]} {state}" for state in State if counts[state])
    return Group(Text.assemble((str(taxi), "bold"), ("  " + counted, "dim")), matrix)


def _look(state: MonthState) -> tuple[str, str]:
    mark, style = LOOKS[state.state]
    return f" {mark}", style

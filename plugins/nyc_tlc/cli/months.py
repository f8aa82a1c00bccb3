"""``airflow tlc months``: shows which months are published, loaded, missing or failed."""

from __future__ import annotations

import argparse
from collections import Counter

from rich.columns import Columns
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from nyc_tlc.cli.publication import Publication
from nyc_tlc.cli.session import begin, terminal
from nyc_tlc.cli.steps import default_source
from nyc_tlc.core.catalog import Taxi, TripFile, Warehouse
from nyc_tlc.core.errors import TlcError
from nyc_tlc.core.landing.remote import RemoteFile
from nyc_tlc.core.ledger import LedgerMonth
from nyc_tlc.core.months import MonthState, State, files_of
from nyc_tlc.overview import ledger_of, overview, stored_check

STYLES = {
    State.LOADED: "green",
    State.LOADED_FROM_CSV: "green",
    State.LOADED_WITH_REJECTS: "yellow",
    State.REPUBLISHED: "blue",
    State.RUNNING: "cyan",
    State.WAITING: "cyan",
    State.QUEUED: "dim cyan",
    State.FAILED: "bold red",
    State.MISSING: "yellow",
    State.UNPUBLISHED: "dim",
    State.UNKNOWN: "magenta",
}


def months(args: argparse.Namespace) -> None:
    begin(verbose=args.verbose, in_a_hurry=True)
    console = terminal()
    try:
        files = files_of(args.taxi, args.first, args.last, args.source or default_source())
        warehouse = Warehouse(args.warehouse)
        loads = ledger_of(warehouse).months()
        publication = Publication(terminal(stderr=True))
        publication.ask(_not_loaded(files, loads))
        states = overview(warehouse, files, loads, _answers(publication))
    except TlcError as error:
        raise SystemExit(f"{type(error).__name__}: {error}") from error
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


def _not_loaded(files: list[TripFile], loads: list[LedgerMonth]) -> list[TripFile]:
    loaded = {(load.taxi, load.month) for load in loads if load.outcome == "merged"}
    return [file for file in files if (file.taxi, file.month) not in loaded]


def _answers(publication: Publication) -> dict[TripFile, RemoteFile | None]:
    """What tlc_source stored, brought up to date by what the source answered just now."""
    stored = stored_check()
    return {**(stored.answers if stored else {}), **publication.answers}


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
    shown = {state.state for state in states}
    legend = [
        Text.assemble((state.mark, STYLES[state]), f" {state}") for state in State if state in shown
    ]
    console.print(Padding(Text("   ").join(legend), (1, 0)))
    for state in states:
        if state.error:
            console.print(
                Text.assemble(
                    (State.FAILED.mark, STYLES[State.FAILED]), f" {state.taxi} {state.month}"
                )
            )
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
    return f" {state.state.mark}", STYLES[state.state]

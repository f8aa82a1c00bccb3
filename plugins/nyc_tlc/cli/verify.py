"""``airflow tlc verify [TAXI [MONTH…]]``: are the months still as they were loaded?"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from nyc_tlc.cli.load import months_of
from nyc_tlc.cli.session import begin, terminal, working
from nyc_tlc.core.catalog import TripFile, Warehouse
from nyc_tlc.core.errors import MonthError, TlcError
from nyc_tlc.overview import ledger_of

if TYPE_CHECKING:
    from nyc_tlc.core.ledger import Ledger


@dataclass(frozen=True)
class Verdict:
    """``changes``: how the month differs from what was loaded; None where it does not."""

    file: TripFile
    rows: int
    changes: str | None


def verify(args: argparse.Namespace) -> None:
    begin(verbose=args.verbose)
    try:
        ledger = ledger_of(Warehouse(args.warehouse))
        verdicts = []
        for verdict in verdicts_of(ledger, asked_files(ledger, args.taxi, args.months)):
            verdicts.append(verdict)
            if args.output == "table":
                _print(verdict)
    except TlcError as error:
        raise SystemExit(f"{type(error).__name__}: {error}") from error
    changed = [verdict for verdict in verdicts if verdict.changes]
    if args.output == "table":
        print(f"\n{len(verdicts) - len(changed)} months as loaded, {len(changed)} changed")
    else:
        from airflow.cli.simple_table import AirflowConsole

        AirflowConsole().print_as(verdicts, args.output, mapper=_row)
    if changed:
        raise SystemExit(1)


def asked_files(ledger: Ledger, taxi: str | None, words: list[str]) -> list[TripFile]:
    """The months that are named; without a name, all that the ledger has as loaded."""
    if taxi and words:
        return [TripFile.of(taxi, str(month)) for month in months_of(words)]
    return [
        TripFile(month.taxi, month.month)
        for month in ledger.months()
        if month.rows is not None and taxi in (None, str(month.taxi))
    ]


def verdicts_of(ledger: Ledger, files: list[TripFile]) -> Iterator[Verdict]:
    """Raises MonthError for a month that was never loaded."""
    for file in files:
        load = ledger.latest_load(file)
        if load is None:
            raise MonthError(
                f"{file.taxi} {file.month} is not in tlc_load as loaded, so there is nothing to compare "
                f"it with. Load it: airflow tlc load {file.taxi} {file.month}"
            )
        with working(f"reading {file.taxi} {file.month}"):
            changes = ledger.alterations(file, load)
        yield Verdict(file, load.rows_merged, changes)


def _print(verdict: Verdict) -> None:
    file, mark = verdict.file, ("✗ ", "bold red") if verdict.changes else ("✓ ", "green")
    seen = verdict.changes or f"{verdict.rows:,} rows as loaded"
    terminal().print(Text.assemble(mark, f"{file.taxi} {file.month}  {seen}"))
    if verdict.changes:
        again = f"  → To load it again: airflow tlc load {file.taxi} {file.month} --force"
        terminal().print(Text(again, "yellow"))


def _row(verdict: Verdict) -> dict[str, object]:
    return {
        "taxi": str(verdict.file.taxi),
        "month": str(verdict.file.month),
        "rows": verdict.rows,
        "changes": verdict.changes,
    }

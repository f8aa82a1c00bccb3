"""``airflow tlc doctor``: checks the machine and each connection; shows problems and how to fix them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from nyc_tlc.cli.checkup import Finding, examine
from nyc_tlc.cli.host import examine_host
from nyc_tlc.cli.session import begin, terminal, working
from nyc_tlc.core.catalog import Warehouse

if TYPE_CHECKING:
    from rich.console import Console


def doctor(args: argparse.Namespace) -> None:
    begin(verbose=args.verbose, in_a_hurry=True)
    with working("checking each connection"):
        findings = [*examine_host(), *examine(Warehouse(args.warehouse), fix=args.fix)]
    wrong = [finding for finding in findings if not finding.ok]
    if args.output == "table":
        _print(terminal(), findings)
        print(_verdict(len(wrong)))
    else:
        from airflow.cli.simple_table import AirflowConsole

        AirflowConsole().print_as(findings, args.output, mapper=_row)
    if wrong:
        raise SystemExit(1)


def _print(console: Console, findings: list[Finding]) -> None:
    lines = Table.grid(padding=(0, 2))
    lines.add_column(no_wrap=True)
    lines.add_column(no_wrap=True)
    lines.add_column(no_wrap=True)
    lines.add_column(overflow="fold")
    last = ""
    for finding in findings:
        if last and finding.of != last:
            lines.add_row()
        of = "" if finding.of == last else finding.of
        lines.add_row(Text(of, "bold"), _mark(finding), finding.what, finding.seen)
        if finding.advice:
            lines.add_row("", "", "", Text(f"→ {finding.advice}", "yellow"))
        last = finding.of
    console.print(lines)


def _mark(finding: Finding) -> Text:
    if not finding.ok:
        return Text("✗", "bold red")
    return Text("!", "bold yellow") if finding.advice else Text("✓", "green")


def _verdict(wrong: int) -> str:
    if not wrong:
        return "\nNo problems found."
    return f"\n{wrong} {'problem' if wrong == 1 else 'problems'} found."


def _row(finding: Finding) -> dict[str, object]:
    return {
        "of": finding.of,
        "what": finding.what,
        "ok": finding.ok,
        "seen": finding.seen,
        "advice": finding.advice,
    }

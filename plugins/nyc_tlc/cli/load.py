"""``airflow tlc load TAXI MONTH…``: loads months now, without a scheduler."""

from __future__ import annotations

import argparse
from contextlib import nullcontext
from functools import partial

from nyc_tlc.cli.bars import MARKS, Bars
from nyc_tlc.cli.session import begin, lines_on_stderr, terminal
from nyc_tlc.cli.steps import Options, default_source, load_month
from nyc_tlc.core.catalog import Month, TripFile, Warehouse
from nyc_tlc.core.errors import MonthError, SettingsError
from nyc_tlc.operators.month import MonthResult, result_of


def load(args: argparse.Namespace) -> None:
    begin(verbose=args.verbose)
    try:
        source = args.source or default_source()
        files = [TripFile.of(args.taxi, str(m), source) for m in months_of(args.months)]
    except (MonthError, SettingsError) as error:
        raise SystemExit(str(error)) from error
    options = Options(args.force, args.max_rejects, args.merge, Warehouse(args.warehouse))
    console = terminal()
    with Bars(console) as bars:
        ended = []
        for file in files:
            bars.begin(file)
            # The bar is drawn in a terminal only.
            name = f"loading {file.taxi} {file.month}"
            with nullcontext() if console.is_terminal else lines_on_stderr(name):
                ended.append(result_of(file, partial(load_month, file, options, bars.step)))
            bars.end(ended[-1])
    if len(ended) > 1:
        print(_summary(ended))
    if any(each.outcome == "failed" for each in ended):
        raise SystemExit(1)


def months_of(words: list[str]) -> list[Month]:
    """The months of words such as ``2021-01`` and ``2021-01..2021-06``, in order, without duplicates."""
    months: dict[Month, None] = {}
    for word in words:
        first, _, last = word.partition("..")
        span = Month.parse(first).through(Month.parse(last or first))
        if not span:
            raise MonthError(
                f"{word} ends before it starts. Swap the two months, as in 2021-01..2021-06."
            )
        months |= dict.fromkeys(span)
    return list(months)


def _summary(ended: list[MonthResult]) -> str:
    rows, seconds = sum(each.rows for each in ended), sum(each.seconds for each in ended)
    counts = [
        f"{count} {outcome}"
        for outcome in MARKS
        if (count := sum(each.outcome == outcome for each in ended))
    ]
    return f"\n{', '.join(counts)}: {rows:,} rows in {seconds:,.1f} s"

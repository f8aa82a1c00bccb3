"""``python -m bench [SECTION …]``: measures, prints a table, writes .local/bench/results.json."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import asdict

from rich.table import Table

from bench import (
    course,
    csv_files,
    dag_import,
    download,
    fhvhv,
    load,
    memory,
    orchestration,
    pandas_to_sql,
    peers,
    readers,
    scale,
)
from bench.measure import HOME, Figure
from nyc_tlc.cli.session import terminal

SECTIONS: dict[str, Callable[..., Iterable[Figure]]] = {
    "load": load.measure,
    "whole": load.measure_whole,
    "csv": csv_files.measure,
    "memory": memory.measure,
    "fhvhv": fhvhv.measure,
    "course": course.measure,
    "pandas": pandas_to_sql.measure,
    "download": download.measure,
    "dag-import": dag_import.measure,
    "check": load.measure_check,
    "readers": readers.measure,
    "scale": scale.measure,
    "orchestration": orchestration.measure,
    "peers": peers.measure,
}
BY_MONTHS = {"scale", "orchestration"}
HEADER = ("what", "ours", "theirs", "ratio (min-max)", "target", "held")
HELD = {True: "yes", False: "NO", None: "-"}


def main() -> int:
    asked = _arguments()
    figures: list[Figure] = []
    crashed = []
    for name in asked.sections or SECTIONS:
        print(f"{name} …", file=sys.stderr, flush=True)
        try:
            months = {"months": asked.months} if asked.months and name in BY_MONTHS else {}
            figures += SECTIONS[name](asked.rows, asked.rounds, **months)
        except Exception:  # noqa: BLE001 - the other sections are still measured
            traceback.print_exc()
            crashed.append(name)
    _print_table(figures)
    _write_results(figures)
    missed = [figure for figure in figures if figure.held is False]
    if crashed:
        print(f"Crashed: {', '.join(crashed)}. Their measurements are not in the table.")
    return 1 if crashed or (asked.strict and missed) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument(
        "--rows", type=int, help="number of rows, instead of each section's default"
    )
    parser.add_argument("--rounds", type=int, default=5, help="alternating runs of each side")
    parser.add_argument("--months", type=int, help="number of months (scale, orchestration)")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a target is missed")
    asked = parser.parse_args()
    unknown = set(asked.sections) - SECTIONS.keys()
    if unknown:
        parser.error(
            f"unknown section: {', '.join(sorted(unknown))}; choose from {', '.join(SECTIONS)}"
        )
    return asked


def _print_table(figures: list[Figure]) -> None:
    table = Table(*HEADER, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for figure in figures:
        table.add_row(*_cells(figure))
    terminal().print(table)


def _cells(figure: Figure) -> tuple[str, ...]:
    ratio = f"{figure.ratio:.2f} ({min(figure.ratios):.2f}-{max(figure.ratios):.2f})"
    target = str(figure.target or "-")
    return figure.what, figure.ours, figure.theirs, ratio, target, HELD[figure.held]


def _write_results(figures: list[Figure]) -> None:
    HOME.mkdir(parents=True, exist_ok=True)
    results = [{**asdict(f), "ratio": f.ratio, "held": f.held} for f in figures]
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    text = json.dumps({"machine": machine, "figures": results}, indent=1)
    (HOME / "results.json").write_text(text)


if __name__ == "__main__":
    sys.exit(main())

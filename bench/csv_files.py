"""csv: stage and merge a month of CSV, plain and gzip, against Postgres's own COPY of the same CSV."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bench.inputs import input_folder, trip_file
from bench.measure import Figure, Target, ratios, run_side, seconds, take_turns
from bench.warehouse import STOCK, TUNED, clean_slate, warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS = 1_000_000
TARGET = Target(at_most=1.3)


def measure(rows: int | None, rounds: int) -> Iterator[Figure]:
    count = rows or ROWS
    with input_folder() as folder:
        for ending in ("csv", "csv.gz"):
            path = trip_file(folder, count, ending)
            for kind in (STOCK, TUNED):
                yield _against_copy(path, kind, count, rounds)


def _against_copy(path: Path, kind: str, rows: int, rounds: int) -> Figure:
    ending = path.name.partition(".")[2]
    with warehouse(kind) as socket:
        sides = {
            "ours": partial(run_side, "load", socket=socket, path=path, rows=rows),
            "COPY": partial(run_side, "csv_copy", socket=socket, path=path, rows=rows),
        }
        taken = take_turns(sides, rounds, f"{ending}, {kind}", partial(clean_slate, socket))
    return Figure(
        section="csv",
        what=f"load of {rows:,} rows of {ending} / COPY of the same CSV, {kind}",
        ours=seconds(taken["ours"]),
        theirs=seconds(taken["COPY"]),
        ratios=ratios(taken["ours"], taken["COPY"]),
        target=TARGET,
    )

"""course: our load against the course's flow, with the same rows as CSV and one earlier month.

The month has as many rows as in ``load``. The course's MERGE reads the whole trips table, so each
further month takes longer. Our merge does not read it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bench.inputs import input_folder, trip_file
from bench.measure import Figure, Target, ratios, run_side, seconds, take_turns
from bench.warehouse import STOCK, TUNED, clean_slate, warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = 3_000_000
TARGET = Target(at_least=5)


def measure(rows: int | None, rounds: int) -> Iterator[Figure]:
    count = rows or ROWS
    with input_folder() as folder:
        parquet, csv = (trip_file(folder, count, ending) for ending in ("parquet", "csv"))
        for kind in (STOCK, TUNED):
            with warehouse(kind) as socket:
                sides = {
                    "Parquet": partial(run_side, "load", socket=socket, path=parquet, rows=count),
                    "the same CSV": partial(run_side, "load", socket=socket, path=csv, rows=count),
                    "course": partial(run_side, "course", socket=socket, path=csv, rows=count),
                }
                taken = take_turns(sides, rounds, f"course, {kind}", partial(clean_slate, socket))
            for ours, target in (("Parquet", TARGET), ("the same CSV", None)):
                yield Figure(
                    section="course",
                    what=f"the course's flow / ours from {ours}, {count:,} rows, {kind}",
                    ours=seconds(taken[ours]),
                    theirs=seconds(taken["course"]),
                    ratios=ratios(taken["course"], taken[ours]),
                    target=target,
                )

"""memory: peak resident memory of the loading process, for a month and for one 7 times as large."""

from __future__ import annotations

from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from bench.inputs import input_folder, trip_file
from bench.measure import Figure, Target, run_side, take_turns
from bench.warehouse import STOCK, clean_slate, warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = 3_000_000
TIMES = 20 / 3
LIMIT_MB = 512


def measure(rows: int | None, rounds: int) -> Iterator[Figure]:
    few = rows or ROWS
    many = round(few * TIMES)
    with input_folder() as folder, warehouse(STOCK) as socket:
        sides = {
            name: partial(
                run_side, "load", socket=socket, path=trip_file(folder, count), rows=count
            )
            for name, count in (("few", few), ("many", many))
        }
        taken = take_turns(sides, rounds, "memory", partial(clean_slate, socket))
    peaks = {name: [sample.peak_mb for sample in samples] for name, samples in taken.items()}
    shown = {name: f"{median(values):.0f} MB" for name, values in peaks.items()}
    for name, count in (("few", few), ("many", many)):
        yield Figure(
            section="memory",
            what=f"peak memory, {count:,} rows / {LIMIT_MB} MB",
            ours=shown[name],
            theirs=f"{LIMIT_MB} MB",
            ratios=tuple(peak / LIMIT_MB for peak in peaks[name]),
            target=Target(at_most=1),
        )
    yield Figure(
        section="memory",
        what=f"peak memory, {many:,} rows / {few:,} rows",
        ours=shown["many"],
        theirs=shown["few"],
        ratios=tuple(m / f for m, f in zip(peaks["many"], peaks["few"], strict=True)),
        target=Target(at_least=0.9, at_most=1.1),
    )

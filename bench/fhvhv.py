"""fhvhv: a month of the largest taxi against raw COPY of the same bytes; same memory limit as yellow."""

from __future__ import annotations

from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from bench.inputs import copy_stream, input_folder, trip_file
from bench.load import TARGET
from bench.measure import Figure, Target, ratios, run_side, seconds, take_turns
from bench.memory import LIMIT_MB
from bench.warehouse import STOCK, clean_slate, warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = 20_000_000
MOST_ROUNDS = 3


def measure(rows: int | None, rounds: int) -> Iterator[Figure]:
    count = rows or ROWS
    with input_folder() as folder, warehouse(STOCK) as socket:
        path = trip_file(folder, count, taxi="fhvhv")
        stream = copy_stream(folder, path)
        sides = {
            "ours": partial(run_side, "load", socket=socket, path=path, rows=count),
            "raw": partial(run_side, "raw_copy", socket=socket, stream=stream, rows=count),
        }
        before = partial(clean_slate, socket)
        taken = take_turns(sides, min(rounds, MOST_ROUNDS), "fhvhv", before)
    yield Figure(
        section="fhvhv",
        what=f"load of {count:,} fhvhv rows / raw COPY of the same bytes, {STOCK}",
        ours=seconds(taken["ours"]),
        theirs=seconds(taken["raw"]),
        ratios=ratios(taken["ours"], taken["raw"]),
        target=TARGET,
    )
    peaks = [sample.peak_mb for sample in taken["ours"]]
    yield Figure(
        section="fhvhv",
        what=f"peak memory, {count:,} fhvhv rows / {LIMIT_MB} MB",
        ours=f"{median(peaks):.0f} MB",
        theirs=f"{LIMIT_MB} MB",
        ratios=tuple(peak / LIMIT_MB for peak in peaks),
        target=Target(at_most=1),
    )

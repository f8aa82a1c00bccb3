"""scale: a warehouse of 200 months of four taxis against one of two months, step by step.

Both are databases of one server, and the steps take turns, so that a busy machine slows down both.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from bench.measure import HOME, Figure, Sample, Target, ratios, take_turns
from bench.warehouse import TUNED, execute, warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.scale_steps import Months

MONTHS, FEW = 200, 2
ROWS = 1_000
LEAST_RUNS, MOST_RUNS, LEAST_SECONDS = 2, 20, 0.3
TARGET = Target(at_most=1.2)
# What they do grows with the months: a row or a file per month, or (without file_month in the query) each
# partition is planned and read. What is shown is how much.
GROWS = {"months", "doctor", "plan", "pickup query", "all months"}


def measure(rows: int | None, rounds: int, months: int = MONTHS) -> Iterator[Figure]:
    with warehouse(TUNED) as socket:
        few, many = (_fill(socket, count, rows or ROWS) for count in (FEW, months))
        for name, step in few.steps().items():
            sides = {"many": _timed(many, name), "few": _timed(few, name)}
            for side in sides.values():
                side()  # once to warm up: the server's caches, imports
            taken = take_turns(sides, rounds, f"scale, {name}")
            yield Figure(
                section="scale",
                what=f"{step.__doc__} with {months} months of each taxi / with {FEW}",
                ours=_milliseconds(taken["many"]),
                theirs=_milliseconds(taken["few"]),
                ratios=ratios(taken["many"], taken["few"]),
                target=None if name in GROWS else TARGET,
            )


def _fill(socket: str, count: int, rows: int) -> Months:
    """A database with ``count`` months of each taxi."""
    name = f"months_{count}"
    execute(socket, f"CREATE DATABASE {name}")
    os.environ["AIRFLOW_HOME"] = str(HOME / "airflow")
    from bench.scale_steps import Months

    months = Months(socket, name, rows)
    months.load_next()
    months.copy_until(count - 1)
    months.load_next()  # the last one, which is what most steps look at
    print(f"  {name} is filled", file=sys.stderr, flush=True)
    months.summarise_all()
    return months


def _timed(months: Months, name: str) -> Callable[[], Sample]:
    """The fastest of some runs: a busy machine makes single ones slower, never faster."""

    def run() -> Sample:
        months.use()
        step, taken = months.steps()[name], list[float]()
        while len(taken) < LEAST_RUNS or (sum(taken) < LEAST_SECONDS and len(taken) < MOST_RUNS):
            started = time.perf_counter()
            step()
            taken.append(time.perf_counter() - started)
        return Sample(min(taken))

    return run


def _milliseconds(samples: list[Sample]) -> str:
    from statistics import median

    return f"{median(sample.seconds for sample in samples) * 1000:.1f} ms"

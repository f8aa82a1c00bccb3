"""pandas: our load against read_parquet and to_sql, measured with 100,000 rows."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bench.inputs import input_folder, trip_file
from bench.measure import Figure, Target, ratios, run_side, seconds, take_turns
from bench.warehouse import STOCK, TUNED, clean_slate, warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = 1_000_000
PANDAS_ROWS = 100_000
TARGET = Target(at_least=15)


def measure(rows: int | None, rounds: int) -> Iterator[Figure]:
    """The time of pandas is extrapolated: it inserts row by row, so its time is proportional."""
    count = rows or ROWS
    times = count / PANDAS_ROWS
    with input_folder() as folder:
        path, few = (trip_file(folder, n) for n in (count, PANDAS_ROWS))
        for kind in (STOCK, TUNED):
            with warehouse(kind) as socket:
                sides = {
                    "ours": partial(run_side, "load", socket=socket, path=path, rows=count),
                    "pandas": partial(
                        run_side, "to_sql", socket=socket, path=few, rows=PANDAS_ROWS
                    ),
                }
                taken = take_turns(sides, rounds, f"pandas, {kind}", partial(clean_slate, socket))
            yield Figure(
                section="pandas",
                what=f"pandas to_sql ({PANDAS_ROWS:,} rows, times {times:g}) / ours, {count:,} rows, {kind}",
                ours=seconds(taken["ours"]),
                theirs=f"{seconds(taken['pandas'], times)} (extrapolated)",
                ratios=ratios(taken["pandas"], taken["ours"], times),
                target=TARGET,
            )

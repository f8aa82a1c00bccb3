"""load: stage and merge a month against raw COPY of the same bytes. check: time that the check adds."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bench.inputs import copy_stream, input_folder, trip_file
from bench.measure import Figure, Target, ratios, run_side, seconds, take_turns
from bench.warehouse import STOCK, TUNED, clean_slate, warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = 3_000_000
TARGET = Target(at_most=1.25)


def measure(rows: int | None, rounds: int) -> Iterator[Figure]:
    yield from _against_raw("load", "load", rows or ROWS, rounds, TARGET)


def measure_check(rows: int | None, rounds: int) -> Iterator[Figure]:
    yield from _against_raw("check", "check", rows or ROWS, rounds, None)


def _against_raw(
    section: str, ours: str, rows: int, rounds: int, target: Target | None
) -> Iterator[Figure]:
    with input_folder() as folder:
        path = trip_file(folder, rows)
        stream = copy_stream(folder, path)
        for kind in (STOCK, TUNED):
            with warehouse(kind) as socket:
                sides = {
                    "ours": partial(run_side, ours, socket=socket, path=path, rows=rows),
                    "raw": partial(run_side, "raw_copy", socket=socket, stream=stream, rows=rows),
                }
                taken = take_turns(
                    sides, rounds, f"{section}, {kind}", partial(clean_slate, socket)
                )
            yield Figure(
                section=section,
                what=f"{ours} of {rows:,} rows / raw COPY of the same bytes, {kind}",
                ours=seconds(taken["ours"]),
                theirs=seconds(taken["raw"]),
                ratios=ratios(taken["ours"], taken["raw"]),
                target=target,
            )

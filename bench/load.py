"""Our load against raw COPY of the same bytes.

load: stage and merge. check: the checks alone. whole: every step from the landed file to the visible
month, for a first load and for a replacement.
"""

from __future__ import annotations

from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from bench.inputs import copy_stream, input_folder, trip_file
from bench.measure import Figure, Sample, Target, ratios, run_side, seconds, take_turns
from bench.warehouse import STOCK, TUNED, clean_slate, execute, warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROWS = 3_000_000
TARGET = Target(at_most=1.15)
WHOLE_TARGET = Target(at_most=1.35)
WHOLE_LIMIT_MB = 200


def measure(rows: int | None, rounds: int) -> Iterator[Figure]:
    yield from _against_raw("load", "load", rows or ROWS, rounds, TARGET)


def measure_check(rows: int | None, rounds: int) -> Iterator[Figure]:
    yield from _against_raw("check", "check", rows or ROWS, rounds, None)


def measure_whole(rows: int | None, rounds: int) -> Iterator[Figure]:
    count = rows or ROWS
    with input_folder() as folder, warehouse(STOCK) as socket:
        path = trip_file(folder, count)
        ours = partial(run_side, "whole", socket=socket, path=path, rows=count)
        raw = partial(
            run_side, "raw_copy", socket=socket, stream=copy_stream(folder, path), rows=count
        )
        first = take_turns(
            {"ours": ours, "raw": raw}, rounds, "whole, first", partial(clean_slate, socket)
        )
        again = take_turns(
            {"ours": lambda: _replaced(socket, ours), "raw": lambda: _after_clean(socket, raw)},
            rounds,
            "whole, replacement",
        )
    for what, taken in (("first load", first), ("replacement", again)):
        yield Figure(
            section="whole",
            what=f"{what} of {count:,} rows, every step / raw COPY of the same bytes, {STOCK}",
            ours=seconds(taken["ours"]),
            theirs=seconds(taken["raw"]),
            ratios=ratios(taken["ours"], taken["raw"]),
            target=WHOLE_TARGET,
        )
    peaks = [sample.peak_mb for sample in first["ours"]]
    yield Figure(
        section="whole",
        what=f"peak memory, every step of {count:,} rows / {WHOLE_LIMIT_MB} MB",
        ours=f"{median(peaks):.0f} MB",
        theirs=f"{WHOLE_LIMIT_MB} MB",
        ratios=tuple(peak / WHOLE_LIMIT_MB for peak in peaks),
        target=Target(at_most=1),
    )


def _replaced(socket: str, ours: Callable[..., Sample]) -> Sample:
    """The second of two loads of the same month."""
    clean_slate(socket)
    ours()
    execute(socket, "CHECKPOINT")
    return ours(run="again")


def _after_clean(socket: str, raw: Callable[[], Sample]) -> Sample:
    clean_slate(socket)
    return raw()


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

"""Compares the trips and summaries of two warehouses, month by month, without copying rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

from nyc_tlc.core.catalog import Month
from nyc_tlc.core.errors import ParityError

SHOWN = 12


@dataclass(frozen=True)
class MonthFacts:
    """Figures of one month of a trips table; a change of any value changes them.

    ``id_sum`` is the sum of the first 32 bits of each unique_row_id. ``total_cents`` is the sum of
    the fares; None for a taxi without fares.
    """

    month: Month
    total_cents: int | None
    rows: int
    distinct_ids: int
    id_sum: int


@dataclass(frozen=True)
class SummaryFacts:
    """Figures of one month of ``trip_summary``; money is None for a taxi without fares."""

    month: Month
    day_zones: int
    trips: int
    revenue_cents: int | None
    tips_cents: int | None


Facts = TypeVar("Facts", MonthFacts, SummaryFacts)


def of_common_months(
    ours: Sequence[Facts], theirs: Sequence[Facts]
) -> tuple[list[Facts], list[Facts]]:
    """Without the months that only one side has."""
    common = {facts.month for facts in ours} & {facts.month for facts in theirs}
    left, right = ([facts for facts in side if facts.month in common] for side in (ours, theirs))
    return left, right


def differences(
    ours: Iterable[Facts], theirs: Iterable[Facts], names: tuple[str, str]
) -> list[str]:
    """One text per difference, in order of months; empty if there is none."""
    left, right = ({facts.month: facts for facts in side} for side in (ours, theirs))
    return [
        text
        for month in sorted(left.keys() | right.keys())
        for text in _of_month(month, left.get(month), right.get(month), names)
    ]


def require_parity(
    what: str,
    found: list[str],
    advice: str = "Load those months again from the same source, with force.",
) -> None:
    """Raises ParityError with the first differences."""
    if not found:
        return
    more = f"; and {len(found) - SHOWN:,} more" if len(found) > SHOWN else ""
    raise ParityError(
        f"The {what} of the two warehouses differ: {'; '.join(found[:SHOWN])}{more}. {advice}"
    )


def _of_month(
    month: Month, left: Facts | None, right: Facts | None, names: tuple[str, str]
) -> Iterator[str]:
    if left is None or right is None:
        there = names[0] if left else names[1]
        yield f"{month} is only in {there}"
        return
    for field in fields(left):
        values = getattr(left, field.name), getattr(right, field.name)
        if values[0] != values[1]:
            yield f"{month} {field.name}: {names[0]} {values[0]}, {names[1]} {values[1]}"

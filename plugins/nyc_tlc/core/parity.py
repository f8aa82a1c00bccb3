"""Compares the trips of two warehouses, month by month, without copying rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

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


def differences(
    ours: Iterable[MonthFacts], theirs: Iterable[MonthFacts], names: tuple[str, str]
) -> list[str]:
    """One text per difference, in order of months; empty if there is none."""
    left, right = ({facts.month: facts for facts in side} for side in (ours, theirs))
    return [
        text
        for month in sorted(left.keys() | right.keys())
        for text in _of_month(month, left.get(month), right.get(month), names)
    ]


def require_parity(taxi: str, found: list[str]) -> None:
    """Raises ParityError with the first differences."""
    if not found:
        return
    more = f"; and {len(found) - SHOWN:,} more" if len(found) > SHOWN else ""
    raise ParityError(
        f"The {taxi} trips of the two warehouses differ: {'; '.join(found[:SHOWN])}{more}. Load "
        "those months again from the same source, with force."
    )


def _of_month(
    month: Month, left: MonthFacts | None, right: MonthFacts | None, names: tuple[str, str]
) -> Iterator[str]:
    if left is None or right is None:
        there = names[0] if left else names[1]
        yield f"{month} is only in {there}"
        return
    for field in fields(MonthFacts):
        values = getattr(left, field.name), getattr(right, field.name)
        if values[0] != values[1]:
            yield f"{month} {field.name}: {names[0]} {values[0]}, {names[1]} {values[1]}"

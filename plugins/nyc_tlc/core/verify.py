"""Compares a month's rows with what its load left: were they changed by hand since?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nyc_tlc.core.ledger import MergedLoad


@dataclass(frozen=True)
class MonthContent:
    """A month's rows as they are now. The ids are computed again from the rows' content, because an UPDATE
    does not change the stored ones; ``changed`` rows have another id than the stored one.
    """

    rows: int
    id_sum: int
    changed: int


def alterations(load: MergedLoad, found: MonthContent) -> str | None:
    """How the rows differ from those that the load left; None where they do not.

    A load by an older version has no sum in the ledger, so a replaced row is not noticed.
    """
    return "; ".join(_differences(load, found)) or None


def _differences(load: MergedLoad, found: MonthContent) -> Iterator[str]:
    if found.rows != load.rows_merged:
        yield f"{found.rows:,} rows, but {load.rows_merged:,} were loaded"
    if found.changed:
        yield f"{found.changed:,} rows do not match their unique_row_id, so they were changed"
    elif found.rows == load.rows_merged and load.id_sum not in (None, found.id_sum):
        yield (
            f"other rows than were loaded: the sum of their ids is {found.id_sum:,}, expected "
            f"{load.id_sum:,}"
        )

"""What every warehouse says of a load: what its rows are like, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


@dataclass(frozen=True)
class CheckReport:
    """Rows staged, and how many of them are odd in which way."""

    rows_staged: int
    pickups_outside_month: int
    negative_totals: int
    null_vendors: int
    rows_sharing_id: int

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> CheckReport:
        return cls(**values)


class MergeMode(StrEnum):
    """``replace``: the month becomes the file. ``insert_only``, as in the course: rows whose
    unique_row_id is there already are left alone, new ones are added, none is taken away.
    """

    REPLACE = "replace"
    INSERT_ONLY = "insert_only"


class Outcome(StrEnum):
    MERGED = "merged"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class MergeResult:
    """``rows``: of this month in the trips table now; ``replaced``: taken away; the ledger's id."""

    outcome: Outcome
    rows: int
    replaced: int
    load_id: int

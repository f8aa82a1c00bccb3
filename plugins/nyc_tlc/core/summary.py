"""The monthly summary: what is the same in every warehouse."""

from __future__ import annotations

from dataclasses import dataclass

SUMMARY = "trip_summary"


@dataclass(frozen=True)
class SummarySql:
    """A warehouse's statements; their ``{names}`` differ between taxis. See ``dags/sql``."""

    create: str
    summarise: str

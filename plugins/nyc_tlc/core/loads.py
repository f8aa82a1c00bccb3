"""What a load is: its run, what each step found, how it ended, and what the ledger says of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from nyc_tlc.core.catalog import Month
from nyc_tlc.core.errors import MonthError
from nyc_tlc.core.landing.landed import LandedFile
from nyc_tlc.core.landing.remote import RemoteFile

if TYPE_CHECKING:
    from nyc_tlc.core.catalog import Taxi, TripFile


def resolve_month(
    asked: str | None, interval_start: dt.datetime | None, interval_end: dt.datetime | None
) -> Month:
    """The month asked for, else the month in which the run's data interval begins.

    Intervals are calendar months in UTC, so their start names the month. Raises MonthError where
    there is neither, as for a run triggered by hand: without a logical date it has no interval,
    with one (the form fills in the present moment) an interval that lasts no time.
    """
    if asked:
        return Month.parse(asked)
    if interval_start is not None and interval_start != interval_end:
        return Month.of(interval_start.astimezone(dt.UTC).date())
    raise MonthError(
        "No month: the run has neither the param month nor a data interval. Trigger it with "
        """--conf '{"month": "2021-01"}', or fill in the month in the form."""
    )


@dataclass(frozen=True)
class Run:
    """The Airflow run a load belongs to; ``started_at`` with its time zone."""

    dag_id: str
    run_id: str
    started_at: dt.datetime | None = None


@dataclass(frozen=True)
class MergedLoad:
    """The newest merged load of a month."""

    load_id: int
    url: str
    filename: str
    etag: str | None
    last_modified: str | None
    bytes: int
    sha256: str
    rows_merged: int
    rows_replaced: int
    dag_id: str
    run_id: str

    def is_same_file(self, file: LandedFile | RemoteFile) -> bool:
        """The same content, by sha256 where it is known, else as the source describes it."""
        if isinstance(file, LandedFile):
            return file.sha256 == self.sha256
        return file.describes(self.url, self.etag, self.last_modified, self.bytes)

    def belongs_to(self, run: Run) -> bool:
        return (self.dag_id, self.run_id) == (run.dag_id, run.run_id)


@dataclass(frozen=True)
class LedgerMonth:
    """What the ledger says of a month: how its last load ended, and the rows of the last merged.

    ``outcome``: merged or failed; ``error``: of the last load, None where it was merged.
    """

    taxi: Taxi
    month: Month
    outcome: str
    rows: int | None
    error: str | None


class Ledger(Protocol):
    """A warehouse's hook, as the steps that all warehouses share see it."""

    def unchanged_load(self, file: TripFile, found: LandedFile | RemoteFile) -> MergedLoad | None:
        """The load that brought this very file, if all its rows are still in the trips table."""

    def newest_load(self, file: TripFile) -> int:
        """load_id of the month's newest merged load; 0 before the first."""

    def record_failure(self, file: TripFile, run: Run, error: str) -> int:
        """Write a failed load's row and return its id."""

    def loads_by_month(self) -> list[LedgerMonth]:
        """Every month that some load was for, by taxi and month."""


@dataclass(frozen=True)
class Oddities:
    """Rows staged, and how many of them are odd in which way."""

    rows_staged: int
    pickups_outside_month: int
    negative_totals: int
    null_vendors: int
    rows_sharing_id: int

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Oddities:
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
    SUPERSEDED = "superseded"


@dataclass(frozen=True)
class MergeResult:
    """``rows``: of this month in the trips table now; ``replaced``: taken away; the ledger's id;
    ``reason``: why nothing was merged.
    """

    outcome: Outcome
    rows: int
    replaced: int
    load_id: int
    reason: str | None = None

"""What every warehouse's ledger ``tlc_load`` knows of loads, and answers about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from nyc_tlc.landing import LandedFile, RemoteFile

if TYPE_CHECKING:
    import datetime as dt

    from nyc_tlc.catalog import Month, Taxi, TripFile


@dataclass(frozen=True)
class Run:
    """The Airflow run a load belongs to; ``started_at`` with its time zone."""

    dag_id: str
    run_id: str
    started_at: dt.datetime | None = None


@dataclass(frozen=True)
class LatestLoad:
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
class MonthLoad:
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

    def unchanged_load(self, file: TripFile, found: LandedFile | RemoteFile) -> LatestLoad | None:
        """The load that brought this very file, if all its rows are still in the trips table."""

    def record_failure(self, file: TripFile, run: Run, error: str) -> int:
        """Write a failed load's row and return its id."""

    def loads_by_month(self) -> list[MonthLoad]:
        """Every month that some load was for, by taxi and month."""

"""What a load is: the run it belongs to, and what each step found out about its month."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from nyc_tlc.core.catalog import Month, TripFile
from nyc_tlc.core.errors import MonthError, RowCountMismatchError
from nyc_tlc.core.landing.landed import LandedFile
from nyc_tlc.core.xcom import XComValue


@dataclass(frozen=True)
class Run:
    """The Airflow run a load belongs to; ``started_at`` with its time zone."""

    dag_id: str
    run_id: str
    started_at: dt.datetime | None = None


@dataclass(frozen=True)
class FoundFile(XComValue):
    """The file a run is for. ``url`` is None where the source does not have it; ``reason`` says why
    the run loads it or does not. ``newest_load`` is the load_id of the month's newest load at that
    time (0 for none), by which the merge can tell that another run was faster. ``altered``: the
    month's rows are not those that were loaded, so it is loaded though the file is unchanged.
    """

    taxi: str
    month: str
    source: str
    reason: str = ""
    url: str | None = None
    newest_load: int | None = None
    altered: bool = False

    @classmethod
    def of(
        cls, file: TripFile, url: str | None, reason: str, newest_load: int | None = None
    ) -> FoundFile:
        return cls(str(file.taxi), str(file.month), str(file.source), reason, url, newest_load)

    @property
    def file(self) -> TripFile:
        return TripFile.of(self.taxi, self.month, self.source)


@dataclass(frozen=True)
class StagedMonth(XComValue):
    """One run's staging table: ``schema`` is a schema of Postgres or a dataset of BigQuery.

    ``rejected`` rows could not be read and are in ``tlc_reject``. ``columns`` are the contract's
    that the file has, ``unknown_columns`` the file's that the contract does not know. ``id_sum``: see
    the ledger's column of that name. ``oddities``: the fields of Oddities. Both were counted while the
    rows were sent; None in BigQuery, which makes the ids and counts the rows itself.
    """

    schema: str
    name: str
    rows: int
    rejected: int
    columns: list[str]
    unknown_columns: list[str]
    column_fingerprint: str
    id_sum: int | None = None
    oddities: dict[str, int] | None = None


@dataclass(frozen=True)
class Oddities(XComValue):
    """Rows staged, and how many of them are odd in which way. Odd rows are loaded all the same."""

    rows_staged: int
    pickups_outside_month: int
    negative_totals: int
    null_vendors: int
    rows_sharing_id: int


@dataclass(frozen=True)
class Load:
    """One file on its way into the trips table: what each step before the merge found.

    ``newest_at_find``: see FoundFile.newest_load; None where nobody asked.
    """

    file: TripFile
    run: Run
    landed: LandedFile
    staged: StagedMonth
    oddities: Oddities
    newest_at_find: int | None = None


class MergeMode(StrEnum):
    """``replace``: the month becomes the file. ``insert_only``, as in the course: new rows are added;
    rows whose unique_row_id exists stay as they are, and no row is removed.
    """

    REPLACE = "replace"
    INSERT_ONLY = "insert_only"


class MergeOutcome(StrEnum):
    MERGED = "merged"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"


@dataclass(frozen=True)
class MergeResult(XComValue):
    """``rows``: of this month in the trips table now; ``replaced``: removed; ``load_id``: the ledger's;
    ``reason``: why nothing was merged.
    """

    outcome: MergeOutcome
    rows: int
    replaced: int
    load_id: int
    reason: str | None = None


def resolve_month(
    asked: str | None, interval_start: dt.datetime | None, interval_end: dt.datetime | None
) -> Month:
    """The month asked for, else the month in which the run's data interval begins.

    Intervals are calendar months in UTC, so their start names the month. Raises MonthError where
    there is neither, as for a run triggered by hand: without a logical date it has no interval,
    with one (the form fills in the current time) an interval that lasts no time.
    """
    if asked:
        return Month.parse(asked)
    if interval_start is not None and interval_start != interval_end:
        return Month.of(interval_start.astimezone(dt.UTC).date())
    raise MonthError(
        "No month: Month is empty, and the run has no data interval. Fill in Month; the date in the "
        """form does not choose one. In a terminal: --conf '{"month": "2021-01"}'."""
    )


def require_all_rows(file: TripFile, landed: LandedFile, staged: StagedMonth, rows: int) -> None:
    """Raise RowCountMismatchError unless every row of the file is staged or rejected.

    ``rows``: as counted in the staging table.
    """
    if rows + staged.rejected != landed.rows:
        raise RowCountMismatchError(
            f"{file.name} has {landed.rows:,} rows, but {rows:,} are in {staged.schema}.{staged.name} "
            f"and {staged.rejected:,} in tlc_reject. The trips table is unchanged. Clear the task that "
            "stages the rows to try again."
        )

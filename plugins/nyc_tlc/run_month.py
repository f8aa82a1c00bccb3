"""Which month a run is for: one answer for schedules, backfills, triggers and tests."""

from __future__ import annotations

import datetime as dt

from nyc_tlc.catalog import Month
from nyc_tlc.errors import MonthError


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

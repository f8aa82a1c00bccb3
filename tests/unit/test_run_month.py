"""Which month a run is for."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from nyc_tlc.core.catalog import Month
from nyc_tlc.core.errors import MonthError
from nyc_tlc.core.loads import resolve_month

pytestmark = pytest.mark.unit

JANUARY = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
FEBRUARY = dt.datetime(2024, 2, 1, tzinfo=dt.UTC)


def test_the_given_month_overrides_the_interval() -> None:
    assert resolve_month("2021-03", JANUARY, FEBRUARY) == Month(2021, 3)
    assert resolve_month("2021-03", None, None) == Month(2021, 3)


@pytest.mark.parametrize("asked", [None, ""])
def test_without_a_month_the_month_of_the_interval_s_start_is_used(asked: str | None) -> None:
    assert resolve_month(asked, JANUARY, FEBRUARY) == Month(2024, 1)
    assert resolve_month(asked, JANUARY - dt.timedelta(seconds=1), FEBRUARY) == Month(2023, 12)


def test_the_interval_s_month_is_in_utc_whatever_its_zone() -> None:
    new_york = JANUARY.astimezone(ZoneInfo("America/New_York"))
    assert new_york.month == 12
    assert resolve_month(None, new_york, FEBRUARY) == Month(2024, 1)


def test_without_month_and_interval_the_error_shows_how_to_give_a_month() -> None:
    with pytest.raises(MonthError, match=r"""--conf '{"month": "2021-01"}'"""):
        resolve_month(None, None, None)


@pytest.mark.parametrize("asked", ["2021", "2021-13", "2021-1", "january", " 2021-01"])
def test_an_invalid_month_is_refused(asked: str) -> None:
    with pytest.raises(MonthError, match="Expected YYYY-MM"):
        resolve_month(asked, JANUARY, FEBRUARY)


def test_an_empty_interval_gives_no_month() -> None:
    """As that of a run triggered by hand, or of a plain cron string, which would name the wrong one."""
    with pytest.raises(MonthError, match="No month"):
        resolve_month(None, JANUARY, JANUARY)

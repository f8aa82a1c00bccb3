"""When months run, which month each run is for, and the run ids."""

from __future__ import annotations

from typing import Any

import pendulum
import pytest
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction
from airflow.utils.types import DagRunType

from nyc_tlc.core.errors import MonthError
from nyc_tlc.core.loads import resolve_month
from nyc_tlc.timetables.month import MonthTimetable

pytestmark = pytest.mark.unit

GREEN = MonthTimetable(9)


def month(text: str) -> DataInterval:
    start = pendulum.datetime(int(text[:4]), int(text[5:]), 1)
    return DataInterval(start, start.add(months=1))


def following(
    last: str | None, *, earliest: str | None = "2019-01-01", latest: str | None = None,
    catchup: bool = True,
) -> DagRunInfo | None:  # fmt: skip
    bounds: list[Any] = [pendulum.parse(day) if day else None for day in (earliest, latest)]
    return GREEN.next_dagrun_info(
        last_automated_data_interval=month(last) if last else None,
        restriction=TimeRestriction(*bounds, catchup=catchup),
    )


def test_a_month_is_run_on_the_first_of_the_next_at_nine_in_new_york() -> None:
    winter, summer = following("2019-01"), following("2019-06")
    assert winter is not None
    assert winter.data_interval == month("2019-02")
    assert winter.run_after == pendulum.datetime(2019, 3, 1, 14)
    assert summer is not None
    assert summer.run_after == pendulum.datetime(2019, 8, 1, 13)


def test_a_year_of_a_backfill_is_its_twelve_months() -> None:
    months, last = [], None
    while info := following(last, earliest="2019-01-01", latest="2019-12-01"):
        assert info.data_interval is not None
        assert info.logical_date == info.data_interval.start
        assert info.run_after == info.data_interval.start  # so Airflow names the run by its month
        last = info.data_interval.start.format("YYYY-MM")
        months.append(last)
    assert months == [f"2019-{number:02d}" for number in range(1, 13)]


def test_a_start_within_a_month_begins_with_the_next_month() -> None:
    info = following(None, earliest="2019-01-02")
    assert info is not None
    assert info.data_interval == month("2019-02")


def test_without_a_start_there_are_no_runs() -> None:
    assert following(None, earliest=None) is None


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2024-03-01T13:59:59+00:00", "2024-01"),
        ("2024-03-01T14:00:00+00:00", "2024-02"),
        ("2024-03-31T23:00:00+00:00", "2024-02"),
    ],
)
def test_without_catchup_it_begins_with_the_newest_month_due(
    now: str, due: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pendulum, "now", lambda _: pendulum.parse(now))
    first, after_long = following(None, catchup=False), following("2020-01", catchup=False)
    assert first is not None
    assert after_long is not None
    assert first.data_interval == after_long.data_interval == month(due)


@pytest.mark.parametrize("day", ["2024-03-01", "2024-03-15", "2024-03-31"])
def test_a_manual_run_for_a_date_is_for_that_dates_month(day: str) -> None:
    """``airflow dags test DAG 2024-03-01``."""
    moment = pendulum.parse(day)
    assert isinstance(moment, pendulum.DateTime)
    assert GREEN.infer_manual_data_interval(run_after=moment) == month("2024-03")


def test_a_manual_run_at_any_other_time_must_name_its_month() -> None:
    """The UI's form, ``dags trigger``, and ``dags test`` without a date."""
    now = pendulum.datetime(2024, 3, 15, 10, 30)
    start, end = GREEN.infer_manual_data_interval(run_after=now)
    with pytest.raises(MonthError, match="Fill in Month; the date in the form does not choose one"):
        resolve_month(None, start, end)
    assert str(resolve_month("2021-01", start, end)) == "2021-01"


def test_a_scheduled_run_is_named_by_its_month_others_as_airflow_does() -> None:
    when = pendulum.datetime(2019, 4, 1, 13)
    names = {
        kind: GREEN.generate_run_id(
            run_type=kind, run_after=when, data_interval=month("2019-03"), session=None
        )
        for kind in (DagRunType.SCHEDULED, DagRunType.MANUAL)
    }
    assert names == {
        DagRunType.SCHEDULED: "scheduled__2019-03",
        DagRunType.MANUAL: "manual__2019-04-01T13:00:00+00:00",
    }


def next_of(bounded: MonthTimetable, latest: str | None) -> DagRunInfo | None:
    start, end = (pendulum.parse(day) if day else None for day in ("2000-01-01", latest))
    return bounded.next_dagrun_info(
        last_automated_data_interval=None,
        restriction=TimeRestriction(start, end, catchup=True),  # type: ignore[arg-type]
    )


def test_the_schedule_begins_at_start_and_backfills_at_the_first_month() -> None:
    bounded = MonthTimetable(9, first="2013-08", start="2019-01")
    scheduled, backfill = next_of(bounded, None), next_of(bounded, "2020-01-01")
    assert scheduled is not None
    assert backfill is not None
    assert scheduled.data_interval == month("2019-01")
    assert backfill.data_interval == month("2013-08")
    assert next_of(bounded, "2013-07-01") is None


def test_a_month_does_not_run_before_it_is_due() -> None:
    """As of a DAG with an end date, which is told from a backfill by nothing."""
    info = following("2098-01", latest="2099-01-01")
    assert info is not None
    assert info.run_after == pendulum.datetime(2098, 3, 1, 14)


def test_it_is_unchanged_by_serialization() -> None:
    arguments = {"hour": 10, "first": "2013-08", "start": "2019-01", "timezone": "Europe/Berlin"}
    again = MonthTimetable.deserialize(MonthTimetable(**arguments).serialize())  # type: ignore[arg-type]
    assert (again.summary, again.serialize()) == (
        "1st of the month, 10:00 Europe/Berlin", arguments,
    )  # fmt: skip

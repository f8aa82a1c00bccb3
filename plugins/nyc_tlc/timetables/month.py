"""One run per calendar month, which starts some hours into the next month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pendulum
from airflow.timetables.base import DataInterval, Timetable

from nyc_tlc.airflow_internals import run_info

if TYPE_CHECKING:
    from airflow.timetables.base import DagRunInfo, TimeRestriction
    from airflow.utils.types import DagRunType
    from pendulum import DateTime


class MonthTimetable(Timetable):
    """Data intervals are calendar months in UTC. The hour and time zone only set when a run starts.

    So a backfill with ``--from-date 2019-01-01 --to-date 2019-12-01`` covers all of 2019. With a cron
    of 09:00 an interval would begin at 09:00, and that backfill would leave out December.

    A month's run starts on the 1st of the next month. TLC publishes later, after about two months; the run
    waits in the triggerer, so the schedule stays right if TLC is early or late. Run ids contain the month:
    ``scheduled__2019-03``, ``backfill__2019-03-01T00:00:00+00:00``.

    :param hour: the full hour at which a run starts.
    :param first: ``YYYY-MM``; neither the schedule nor a backfill has runs before it.
    :param start: ``YYYY-MM``; the schedule, and so catchup, begins here. Backfills may start earlier.
        It is not the DAG's ``start_date``: Airflow ends a manual run before that date as a success
        without running its tasks.
    :param timezone: the time zone of the hour.
    """

    def __init__(
        self,
        hour: int,
        first: str | None = None,
        start: str | None = None,
        timezone: str = "America/New_York",
    ) -> None:
        self._hour = hour
        self._first = first
        self._start = start
        self._timezone = timezone
        self.description = f"Each calendar month, on the 1st of the next month at {self._moment}"

    @property
    def summary(self) -> str:
        return f"1st of the month, {self._moment}"

    @property
    def _moment(self) -> str:
        return f"{self._hour:02d}:00 {self._timezone}"

    def serialize(self) -> dict[str, Any]:
        return {
            "hour": self._hour,
            "first": self._first,
            "start": self._start,
            "timezone": self._timezone,
        }

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> MonthTimetable:
        return cls(**data)

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """The month after the last run's; without catchup not earlier than the last month that is due."""
        earliest = [pendulum.from_format(m, "YYYY-MM") for m in self._bounds(restriction)]
        if restriction.earliest is not None:
            earliest.append(_at_or_after(restriction.earliest))
        if last_automated_data_interval:
            earliest.append(_first_moment(last_automated_data_interval.start).add(months=1))
        if not earliest:
            return None
        if not restriction.catchup:
            earliest.append(self._last_due())
        start = max(earliest)
        if restriction.latest is not None and start > restriction.latest:
            return None
        due = self._run_after(start)
        if restriction.latest is not None and due <= pendulum.now("UTC"):
            due = start  # a backfill's: Airflow names its run by this moment, and starts it at once
        return run_info(_month_from(start), run_after=due)

    def infer_manual_data_interval(self, *, run_after: DateTime) -> DataInterval:
        """The month of a date at midnight; for any other time, such as now, an empty interval.

        ``airflow dags test DAG 2024-03-01`` is for March 2024. A run that is triggered by hand must
        name its month: ``resolve_month`` refuses an empty interval, so that no run loads a month that
        nobody asked for.
        """
        moment = run_after.in_timezone("UTC")
        if moment == moment.start_of("day"):
            return _month_from(_first_moment(moment))
        return DataInterval.exact(run_after)

    def generate_run_id(
        self,
        *,
        run_type: DagRunType,
        run_after: DateTime,
        data_interval: DataInterval | None,
        **extra: Any,
    ) -> str:
        if run_type == "scheduled" and data_interval:
            return str(run_type.generate_run_id(suffix=data_interval.start.format("YYYY-MM")))
        return str(
            super().generate_run_id(
                run_type=run_type, run_after=run_after, data_interval=data_interval, **extra
            )
        )

    def _bounds(self, restriction: TimeRestriction) -> list[str]:
        """The first months to respect. Only a backfill has a latest date; ``start`` does not limit it."""
        scheduled = restriction.latest is None
        return [month for month in (self._first, scheduled and self._start) if month]

    def _run_after(self, start: DateTime) -> DateTime:
        following = start.add(months=1)
        return pendulum.datetime(
            following.year, following.month, 1, self._hour, tz=self._timezone
        ).in_timezone("UTC")

    def _last_due(self) -> DateTime:
        """The newest month whose run is due."""
        now = pendulum.now("UTC")
        last = _first_moment(now).subtract(months=1)
        return last if self._run_after(last) <= now else last.subtract(months=1)


def _first_moment(moment: DateTime) -> DateTime:
    return moment.in_timezone("UTC").start_of("month")


def _at_or_after(moment: DateTime) -> DateTime:
    first = _first_moment(moment)
    return first if first == moment else first.add(months=1)


def _month_from(start: DateTime) -> DataInterval:
    return DataInterval(start, start.add(months=1))

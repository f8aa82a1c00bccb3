"""How the reports' pages lead to each other: by taxi and year, to the months before and after, and to the
same month a year before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from nyc_tlc.core.catalog import Taxi
from nyc_tlc.core.reports import ReportFolder

A_YEAR = 12  # months


@dataclass(frozen=True)
class Card:
    """A report in the index. ``change``: its trips against those of a year before."""

    report: ReportFolder
    trips: int | None
    change: str | None


@dataclass(frozen=True)
class Shelf:
    """A taxi's reports in the index, by year, the newest first."""

    taxi: Taxi
    years: list[tuple[int, list[Card]]]


def shelves(reports: Sequence[ReportFolder]) -> list[Shelf]:
    """A shelf for each taxi that has reports, which are given from the newest to the oldest."""
    trips = {(report.taxi, report.month): report.trips for report in reports}

    def card(report: ReportFolder) -> Card:
        before = trips.get((report.taxi, report.month.shift(-A_YEAR)))
        now = trips[report.taxi, report.month]
        return Card(report, now, change(now, before))

    def years(taxi: Taxi) -> list[tuple[int, list[Card]]]:
        own = (report for report in reports if report.taxi is taxi)
        by_year = groupby(own, key=lambda report: report.month.year)
        return [(year, [card(report) for report in months]) for year, months in by_year]

    return [Shelf(taxi, found) for taxi in Taxi if (found := years(taxi))]


@dataclass(frozen=True)
class Neighbours:
    """A taxi's reports beside one of its reports: the nearest months, and the same of a year before."""

    previous: ReportFolder | None
    next: ReportFolder | None
    year_before: ReportFolder | None

    @classmethod
    def of(cls, report: ReportFolder, reports: Sequence[ReportFolder]) -> Neighbours:
        own = {each.month: each for each in reports if each.taxi is report.taxi}
        earlier = [month for month in own if month < report.month]
        later = [month for month in own if month > report.month]
        return cls(
            own[max(earlier)] if earlier else None,
            own[min(later)] if later else None,
            own.get(report.month.shift(-A_YEAR)),
        )


@dataclass(frozen=True)
class Comparison:
    """Two reports' numbers: name, now, a year before, and the change."""

    year_before: ReportFolder
    rows: list[tuple[str, str, str, str]]

    @classmethod
    def of(cls, report: ReportFolder, year_before: ReportFolder | None) -> Comparison | None:
        """None where there is no report of a year before, or nothing that both have."""
        if year_before is None:
            return None
        now, before = _numbers(report), _numbers(year_before)
        rows = [
            (name, _text(now[name]), _text(before[name]), change(now[name], before[name]) or "")
            for name in now
            if name in before
        ]
        return cls(year_before, rows)


def change(now: float | None, before: float | None) -> str | None:
    """In percent, such as ``+3.1 %``; None where one is missing or there is nothing to compare with."""
    if now is None or before is None or before <= 0:
        return None
    return f"{(now / before - 1) * 100:+,.1f} %"


def _numbers(report: ReportFolder) -> dict[str, float]:
    amounts = report.amounts
    numbers = {name.replace("_", " "): amount for name, amount in amounts.items()}
    if "revenue" in amounts and amounts.get("trips", 0) > 0:
        numbers["revenue per trip"] = amounts["revenue"] / amounts["trips"]
    return numbers


def _text(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:,.2f}"

"""Where a month's report is kept: ``<reports>/green/2021-01/``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nyc_tlc.catalog import Month, Taxi
from nyc_tlc.containers.limits import hand_over
from nyc_tlc.errors import MonthError

# What the script trip_report is given, and what it makes of it.
TRIPS, LOOKUP = "trips.parquet", "lookup.csv"
PICTURE, DAYS, ZONES = "report.png", "days.csv", "zones.csv"
FILES = (PICTURE, DAYS, ZONES)


@dataclass(frozen=True)
class ReportFolder:
    """One taxi's one month below the folder of all reports."""

    reports: Path
    taxi: Taxi
    month: Month

    @property
    def path(self) -> Path:
        return self.reports / self.taxi / str(self.month)

    @property
    def is_complete(self) -> bool:
        return all((self.path / name).is_file() for name in FILES)

    def make(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)

    def hand_over(self) -> None:
        """Let the script's container read its inputs and write beside them."""
        for path in (self.reports, self.path.parent, self.path, *self.path.iterdir()):
            hand_over(path)

    def forget_inputs(self) -> None:
        """Remove what the script was given; the report stays."""
        for name in (TRIPS, LOOKUP):
            (self.path / name).unlink(missing_ok=True)


def reports_in(reports: Path) -> Iterator[ReportFolder]:
    """The reports that are complete, the newest month first."""
    for path in sorted(reports.glob("*/*"), key=lambda path: path.name, reverse=True):
        try:
            folder = ReportFolder(reports, Taxi(path.parent.name), Month.parse(path.name))
        except (ValueError, MonthError):
            continue
        if folder.is_complete:
            yield folder

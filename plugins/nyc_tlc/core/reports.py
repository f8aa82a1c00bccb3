"""Where a month's report is kept: ``<reports>/green/2021-01/``."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nyc_tlc.core.catalog import Month, Taxi, TripFile
from nyc_tlc.core.containers.sandbox import hand_over
from nyc_tlc.core.errors import MonthError
from nyc_tlc.core.xcom import XComValue

# What the script trip_report is given, in a folder that it cannot write to, and what it makes of it.
INPUT, TRIPS, LOOKUP = "input", "trips.parquet", "lookup.csv"
PICTURE, DAYS, ZONES = "report.png", "days.csv", "zones.csv"
FILES = (PICTURE, DAYS, ZONES)
# What it says of it, the last that it writes.
FACTS = "report.json"


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
    def input(self) -> Path:
        return self.path / INPUT

    @property
    def is_complete(self) -> bool:
        return all((self.path / name).is_file() for name in FILES)

    @property
    def load_id(self) -> int | None:
        """The load in the ledger that was reported, even if there were no trips to draw."""
        try:
            facts = json.loads((self.path / FACTS).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return facts.get("load") or None

    def make(self) -> None:
        self.input.mkdir(parents=True, exist_ok=True)

    def hand_over(self) -> None:
        """Let the script's container read its inputs and write beside them."""
        folders = (self.reports, self.path.parent, self.path, self.input)
        for path in (*folders, *self.input.iterdir()):
            hand_over(path)

    def forget_input(self) -> None:
        """Remove what the script was given; the report stays."""
        shutil.rmtree(self.input, ignore_errors=True)

    @classmethod
    def all_in(cls, reports: Path) -> Iterator[ReportFolder]:
        """Of every month, complete or not, the newest first."""
        for path in sorted(reports.glob("*/*"), key=lambda path: path.name, reverse=True):
            try:
                yield cls(reports, Taxi(path.parent.name), Month.parse(path.name))
            except (ValueError, MonthError):
                continue


@dataclass(frozen=True)
class ReportMonth(XComValue):
    """A month to report. ``rows`` and ``load_id`` once it is extracted; ``load_id`` stays None where
    no ledger knows the load.
    """

    taxi: str
    month: str
    rows: int | None = None
    load_id: int | None = None

    @property
    def file(self) -> TripFile:
        return TripFile.of(self.taxi, self.month)

    def folder(self, reports: str) -> ReportFolder:
        return ReportFolder(Path(reports), self.file.taxi, self.file.month)

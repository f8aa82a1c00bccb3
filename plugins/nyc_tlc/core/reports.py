"""Where a month's report is kept: ``<reports>/green/2021-01/``, in a folder or an object store. A container
writes there, so what is in it is data: no link is followed, and size and form are checked before use.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nyc_tlc.core.catalog import Month, Taxi, TripFile
from nyc_tlc.core.containers.sandbox import IMAGE_USER
from nyc_tlc.core.errors import MonthError, ReportError, UnsafeFileError
from nyc_tlc.core.files import Folder
from nyc_tlc.core.private_folder import make_private, why_unsafe
from nyc_tlc.core.stored_files import StoredFolder
from nyc_tlc.core.xcom import XComValue

# The files that the script trip_report reads, in a folder that it cannot write to, and those that it writes.
INPUT, TRIPS, LOOKUP, SHAPES = "input", "trips.parquet", "lookup.csv", "shapes.csv"
PICTURE, DAYS, ZONES = "report.png", "days.csv", "zones.csv"
FILES = (PICTURE, DAYS, ZONES)
# The upper part of the picture, small; reports of older versions have none.
THUMBNAIL = "thumbnail.png"
# Its summary, which it writes last.
FACTS = "report.json"

PICTURES = (PICTURE, THUMBNAIL)

# Where all reports are.
Reports = Path | StoredFolder

# Ten times what our own script writes, and more.
PICTURE_BYTES = 10_000_000
TABLE_BYTES = 500_000
FACTS_BYTES = 10_000
# Ten times the extract of the largest month.
INPUT_BYTES = 5_000_000_000
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
LARGEST_LOAD_ID = 2**63 - 1
AMOUNTS = ("trips", "revenue", "driver_pay")


@dataclass(frozen=True)
class CsvTable:
    """A CSV file of a report."""

    name: str
    header: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class ReportFolder:
    """One taxi's one month below the folder of all reports."""

    reports: Reports
    taxi: Taxi
    month: Month

    @property
    def place(self) -> str:
        """Its path or, in an object store, its URI."""
        return f"{self.reports}/{self.taxi}/{self.month}"

    @property
    def path(self) -> Path:
        """Where ``reports`` is a folder."""
        return Path(self.place)

    @property
    def is_complete(self) -> bool:
        try:
            with self._opened() as folder:
                return all(map(folder.has_file, FILES))
        except (OSError, UnsafeFileError):
            return False

    @property
    def load_id(self) -> int | None:
        """The load in the ledger that was reported, even if there were no trips to draw."""
        return _whole(self._facts().get("load"))

    @property
    def trips(self) -> int | None:
        """How many trips the report is of; None where its summary does not say."""
        return _whole(self._facts().get("trips"))

    @property
    def amounts(self) -> dict[str, float]:
        """The numbers of its summary that two months can be compared by."""
        facts = self._facts()
        return {name: facts[name] for name in AMOUNTS if _is_amount(facts.get(name))}

    @property
    def thumbnail(self) -> str:
        """The picture to show small: older reports have only the large one."""
        try:
            with self._opened() as folder:
                return THUMBNAIL if folder.has_file(THUMBNAIL) else PICTURE
        except (OSError, UnsafeFileError):
            return PICTURE

    def _facts(self) -> dict[str, Any]:
        """The summary, which a container wrote: each value is data of any type."""
        try:
            with self._opened() as folder:
                facts = json.loads(folder.read(FACTS, FACTS_BYTES))
        except (OSError, UnsafeFileError, ValueError, RecursionError):
            return {}
        return facts if isinstance(facts, dict) else {}

    def content(self, name: str) -> bytes:
        """One of FILES, or THUMBNAIL; raises OSError, UnsafeFileError or, where it has another form,
        ReportError.
        """
        content = self._read(name, PICTURE_BYTES if name in PICTURES else TABLE_BYTES)
        if name not in PICTURES:
            self._parsed(name, content)
        elif not content.startswith(PNG_SIGNATURE):
            raise ReportError(f"{self.place}/{name} is not a PNG picture. {AGAIN}")
        return content

    def table(self, name: str) -> CsvTable:
        """DAYS or ZONES; raises OSError, UnsafeFileError or ReportError."""
        return self._parsed(name, self._read(name, TABLE_BYTES))

    def _parsed(self, name: str, content: bytes) -> CsvTable:
        try:
            text = io.StringIO(content.decode(), newline="")
            header, *rows = csv.reader(text, strict=True)
        except (ValueError, csv.Error) as error:
            raise ReportError(
                f"{self.place}/{name} is not a CSV table: {error}. {AGAIN}"
            ) from error
        return CsvTable(name, header, rows)

    @contextmanager
    def input(self) -> Iterator[Folder | StoredFolder]:
        """The folder for the script's inputs, made where it is missing; raises ReportError."""
        if isinstance(self.reports, Path):
            _make_safe(self.reports)
        with self._opened(make=True) as month, month.below(INPUT, make=True) as folder:
            yield folder

    def hand_over(self) -> None:
        """Let the script's container read its inputs and write beside them."""
        if os.getuid() != 0 or not isinstance(self.reports, Path):
            return  # the container runs as this user, or is given a copy
        names = self.taxi, str(self.month), INPUT
        with Folder.opened(self.reports) as reports:
            for depth in range(len(names) + 1):
                with reports.below(*names[:depth]) as folder:
                    folder.give_to(IMAGE_USER)
            with reports.below(*names) as given:
                for name in given.names():
                    given.give_to(IMAGE_USER, name)

    def forget_input(self) -> None:
        """Remove what the script was given; the report stays."""
        try:
            with self._opened() as folder:
                folder.remove(INPUT)
        except FileNotFoundError:
            return

    def fetch_input(self, stored: ReportFolder) -> None:
        """Copy the script's inputs here from an object store."""
        self.forget_input()
        with stored._opened() as month, month.below(INPUT) as given, self.input() as taken:
            assert isinstance(given, StoredFolder)
            for name in filter(given.has_file, (TRIPS, LOOKUP, SHAPES)):
                with taken.replaced(name) as file:
                    given.copy(name, file, INPUT_BYTES)

    def publish(self, stored: ReportFolder) -> None:
        """Copy what the script wrote to an object store, checked as the pages check it; the summary last,
        which says that the load has its report. A month without trips has only that.
        """
        with self._opened() as drawn, stored._opened(make=True) as published:
            for name in filter(drawn.has_file, (*FILES, THUMBNAIL)):
                with published.replaced(name) as file:
                    file.write(self.content(name))
            with published.replaced(FACTS) as file:
                file.write(drawn.read(FACTS, FACTS_BYTES))

    def remove(self) -> None:
        """Remove the report and its inputs."""
        with (
            suppress(FileNotFoundError),
            _root(self.reports) as root,
            root.below(self.taxi) as months,
        ):
            months.remove(str(self.month))

    @classmethod
    def all_in(cls, reports: Reports, *, read_facts: bool = False) -> Iterator[ReportFolder]:
        """Of every month, complete or not, the newest first. ``read_facts``: their summaries will be asked
        for, so those of an object store are read at once.
        """
        if isinstance(reports, StoredFolder):
            reports.list_all()
            if read_facts:
                reports.read_ahead(FACTS, FACTS_BYTES)
        found = [cls(reports, taxi, month) for taxi in Taxi for month in _months_in(reports, taxi)]
        yield from sorted(found, key=lambda report: report.month, reverse=True)

    def _read(self, name: str, at_most: int) -> bytes:
        with self._opened() as folder:
            return folder.read(name, at_most)

    @contextmanager
    def _opened(self, *, make: bool = False) -> Iterator[Folder | StoredFolder]:
        with (
            _root(self.reports) as reports,
            reports.below(self.taxi, str(self.month), make=make) as folder,
        ):
            yield folder


def _root(reports: Reports) -> AbstractContextManager[Folder | StoredFolder]:
    return Folder.opened(reports) if isinstance(reports, Path) else nullcontext(reports)


def _make_safe(reports: Path) -> None:
    make_private(reports)
    # Where this process is root, the container's user owns it (hand_over).
    if why := why_unsafe(reports, [IMAGE_USER] if os.getuid() == 0 else []):
        raise ReportError(
            f"{reports} is not safe: {why}. Expected a folder of user {os.getuid()} that nobody else can "
            "write to. Change its owner or mode (chown, chmod go-w), or set the Variable tlc_reports to "
            "another folder."
        )


def _whole(number: Any) -> int | None:
    return number if type(number) is int and 0 < number <= LARGEST_LOAD_ID else None


def _is_amount(number: Any) -> bool:
    """Neither NaN nor infinity is."""
    return type(number) in (int, float) and abs(number) <= LARGEST_LOAD_ID


AGAIN = "Remove the file, and run tlc_report for the month again."


def _months_in(reports: Reports, taxi: Taxi) -> Iterator[Month]:
    """Those that a file can be of: a container could make folders for thousands of others."""
    now = Month.of(dt.datetime.now(dt.UTC).date())
    try:
        with _root(reports) as folder, folder.below(taxi) as months:
            names = months.names()
    except (OSError, UnsafeFileError):
        return
    for name in names:
        try:
            month = Month.parse(name)
        except MonthError:
            continue
        if taxi.first_month <= month <= now:
            yield month


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

    def folder(self, reports: Reports) -> ReportFolder:
        return ReportFolder(reports, self.file.taxi, self.file.month)

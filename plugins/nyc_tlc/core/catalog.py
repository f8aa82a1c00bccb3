"""What TLC publishes: taxis, months, trip files. All file names, URLs and table names are made here."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum

from nyc_tlc.core.errors import MonthError, SettingsError

PARQUET_BASE = "https://d37ci6vzurychx.cloudfront.net/trip-data"
ZONES_PATH = "misc/taxi_zone_lookup.csv"
SHAPES_PATH = "misc/taxi_zones.zip"
CSV_BASE = "https://github.com/DataTalksClub/nyc-tlc-data/releases/download/{taxi}"


# Not \d, which matches the digits of every script.
MONTH_PATTERN = "[12][0-9]{3}-(0[1-9]|1[0-2])"


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month. ``str(Month(2021, 1)) == "2021-01"``."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read ``YYYY-MM``; raises MonthError for anything else."""
        if not re.fullmatch(MONTH_PATTERN, text):
            raise MonthError(f"{text!r} is not a month. Expected YYYY-MM, such as 2021-01.")
        year, number = text.split("-")
        return cls(int(year), int(number))

    @classmethod
    def of(cls, day: dt.date) -> Month:
        return cls(day.year, day.month)

    @property
    def first_day(self) -> dt.date:
        return dt.date(self.year, self.number, 1)

    def shift(self, months: int) -> Month:
        """The month that is ``months`` months later; earlier if ``months`` is negative."""
        index = self.year * 12 + self.number - 1 + months
        return Month(index // 12, index % 12 + 1)

    def through(self, last: Month) -> list[Month]:
        """The months from this one to ``last``; none if ``last`` is earlier."""
        count = (last.year - self.year) * 12 + last.number - self.number + 1
        return [self.shift(months) for months in range(count)]

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"


class Taxi(StrEnum):
    YELLOW = "yellow"
    GREEN = "green"
    FHV = "fhv"
    FHVHV = "fhvhv"

    @property
    def first_month(self) -> Month:
        """The first month that TLC published for this taxi."""
        return _FIRST_MONTHS[self]

    @property
    def trips_table(self) -> str:
        return f"{self}_tripdata"

    @property
    def display_name(self) -> str:
        return _DISPLAY_NAMES[self]


_DISPLAY_NAMES = {
    Taxi.YELLOW: "Yellow taxis",
    Taxi.GREEN: "Green taxis",
    Taxi.FHV: "For-hire vehicles",
    Taxi.FHVHV: "High-volume for-hire vehicles",
}
_FIRST_MONTHS = {
    Taxi.YELLOW: Month(2009, 1),
    Taxi.GREEN: Month(2013, 8),
    Taxi.FHV: Month(2015, 1),
    Taxi.FHVHV: Month(2019, 2),
}


class Warehouse(StrEnum):
    """Where months are loaded to; part of a DAG's id, a tag, and part of an asset's name."""

    POSTGRES = "postgres"
    BIGQUERY = "bigquery"

    @property
    def display_name(self) -> str:
        return {"postgres": "Postgres", "bigquery": "BigQuery"}[self.value]

    def dag_id(self, taxi: str) -> str:
        """The id of the DAG that loads a taxi into this warehouse, such as ``tlc_postgres_green``."""
        return f"tlc_{self}_{taxi}"


class Source(StrEnum):
    """Where a trip file comes from: TLC's own Parquet, or the course's CSV mirror."""

    PARQUET = "parquet"
    CSV = "csv"

    @classmethod
    def _missing_(cls, value: object) -> Source:
        raise SettingsError(
            f"The source {value!r} is not known. Expected parquet (TLC) or csv (the course's mirror). "
            "Correct the param source, the Variable tlc_source or the environment's TLC_SOURCE."
        )


@dataclass(frozen=True)
class TripFile:
    """The file of one taxi and month at one source."""

    taxi: Taxi
    month: Month
    source: Source = Source.PARQUET

    @classmethod
    def of(cls, taxi: str, month: str, source: str = Source.PARQUET) -> TripFile:
        """From user input; raises MonthError for a month before the taxi's first."""
        file = cls(Taxi(taxi), Month.parse(month), Source(source))
        if file.month < file.taxi.first_month:
            raise MonthError(
                f"{taxi} trips begin in {file.taxi.first_month}, {month} is earlier. "
                f"Choose {file.taxi.first_month} or later."
            )
        return file

    @property
    def stem(self) -> str:
        return f"{self.taxi}_tripdata_{self.month}"

    @property
    def name(self) -> str:
        return self.stem + (".parquet" if self.source is Source.PARQUET else ".csv.gz")

    @property
    def filenames(self) -> tuple[str, ...]:
        """Every file name that a source uses for this month."""
        return tuple(self.stem + ending for ending in (".parquet", ".csv", ".csv.gz"))

    def url(self, base: str) -> str:
        """The file's URL below ``base``, in which ``{taxi}`` is replaced by the taxi's name."""
        return f"{base.rstrip('/').replace('{taxi}', self.taxi)}/{self.name}"

    @property
    def landing_key(self) -> str:
        """The path below landing. A folder per year keeps folders small."""
        return f"{self.taxi}/{self.month.year}/{self.name}"

    @property
    def partition(self) -> str:
        """Name of the month's partition: ``green_tripdata_2021_01``."""
        return self.stem.replace("-", "_")

    def staging_table(self, run: str) -> str:
        """The name of one run's staging table, at most 63 bytes.

        Two runs never share a table; each retry of a run finds its own.
        """
        return f"{self.partition}_{hashlib.sha256(run.encode()).hexdigest()[:12]}"


def month_pattern(first: Month) -> str:
    """A regular expression that matches ``YYYY-MM`` from a first month to 2099, for JSON schemas."""
    months = "|".join(f"{number:02d}" for number in range(first.number, 13))
    decade, year = divmod(first.year - 2000, 10)
    later = [f"20{decade}[{year + 1}-9]"] if year < 9 else []
    later += [rf"20[{decade + 1}-9]\d"]
    return rf"^({first.year}-({months})|({'|'.join(later)})-(0[1-9]|1[0-2]))$"

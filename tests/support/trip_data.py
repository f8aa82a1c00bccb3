"""Trip files for tests: months of the project's own generator always, TLC's own where they are.

Both are folders with the same layout and the same file names:
``trip-data/`` (Parquet), ``csv-mirror/``, ``samples/`` and ``heads/`` (TLC's old CSV), ``negative/``
(broken files), ``zones/`` and ``reference/tlc_manifest.csv``.
"""

from __future__ import annotations

import csv
import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dev.generator import CSV_ERAS, Era, csv_era_of, era_of, write
from dev.generator.zones import write_lookup
from tests.support import zone_shapes

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".local" / "trip-data"

PARQUET_MONTHS = (
    "2020-03", "2020-04", "2020-05", "2020-06", "2020-12", "2021-01", "2021-02", "2021-03",
    "2022-12", "2023-01", "2023-02", "2023-03", "2023-12",
)  # fmt: skip
CSV_MONTHS = ("2020-03", "2020-04", "2020-05", "2020-10", "2020-12")
OLD_CSV = "green_tripdata_2013-08.csv"
# Of TLC's own CSV files; its manifest has the Parquet files only.
REAL_CSV_ROWS = {"green_tripdata_2020-03.csv.gz": 223_406, OLD_CSV: 7_623}
HEAD_BYTES = 1024

ACCESS_DENIED = """<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>AccessDenied</Code><Message>Access Denied</Message><RequestId>0</RequestId></Error>
"""


@dataclass(frozen=True)
class TripData:
    """A folder of trip files; ``rows`` of each Parquet file, and of the CSV files that are known."""

    folder: Path
    is_real: bool

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def __str__(self) -> str:
        return "real" if self.is_real else "generated"

    @cached_property
    def rows(self) -> dict[str, int]:
        with (self / "reference/tlc_manifest.csv").open(newline="") as file:
            listed = {row["file_name"]: int(row["rows"]) for row in csv.DictReader(file)}
        return listed | (REAL_CSV_ROWS if self.is_real else {})


def generated() -> TripData:
    return TripData(generated_folder(), is_real=False)


def real() -> TripData | None:
    """TLC's own files, where they are."""
    folder = real_folder()
    return TripData(folder, is_real=True) if (folder / "trip-data").is_dir() else None


def every_trip_data() -> list[TripData]:
    return [generated(), *filter(None, [real()])]


def real_folder() -> Path:
    return Path(os.environ.get("TLC_REAL_DATA", ROOT.parent / "shared" / "data"))


@dataclass(frozen=True)
class _Made:
    era: Era
    month: str
    rows: int


def generated_folder() -> Path:
    """The generated files, written once for each version of the generator and of this module."""
    folder = CACHE / _version()
    if not folder.exists():
        draft = CACHE / f"{folder.name}.{os.getpid()}"
        _write_all(draft)
        with suppress(OSError):  # another process was first
            draft.rename(folder)
    return folder


def _plan() -> dict[str, _Made]:
    """A mirror's month has other rows than TLC's Parquet, as the real ones do."""
    plan = {
        f"trip-data/green_tripdata_{month}.parquet": _Made(
            era_of("green", month), month, 3000 + 200 * place
        )
        for place, month in enumerate(PARQUET_MONTHS)
    }
    plan |= {
        f"csv-mirror/green_tripdata_{month}.csv.gz": _Made(
            era_of("green", month), month, 2500 + 150 * place
        )
        for place, month in enumerate(CSV_MONTHS)
    }
    plan[f"csv-mirror/{OLD_CSV}"] = _Made(csv_era_of("green", "2013-08"), "2013-08", 1500)
    return plan | {
        f"samples/{era.taxi}_tripdata_{era.since}.csv": _Made(era, era.since, 120)
        for era in CSV_ERAS
    }


def _version() -> str:
    sources = [Path(__file__), Path(zone_shapes.__file__)]
    sources += sorted((ROOT / "dev" / "generator").glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]


def _write_all(folder: Path) -> None:
    for name, made in _plan().items():
        write(folder / name, made.era, made.month, made.rows)
    _write_heads(folder)
    _write_negative(folder)
    _write_zones(folder)
    _write_manifest(folder)


def _write_heads(folder: Path) -> None:
    (folder / "heads").mkdir()
    for sample in (folder / "samples").iterdir():
        (folder / "heads" / sample.name).write_bytes(sample.read_bytes()[:HEAD_BYTES])


def _write_negative(folder: Path) -> None:
    whole = (folder / "trip-data" / "green_tripdata_2021-01.parquet").read_bytes()
    negative = folder / "negative"
    negative.mkdir()
    (negative / "truncated.parquet").write_bytes(whole[: len(whole) // 2])
    (negative / "access_denied.parquet").write_text(ACCESS_DENIED)
    (negative / "not_gzip.csv.gz").write_text("<html><body>Not Found</body></html>\n")


def _write_zones(folder: Path) -> None:
    (folder / "zones").mkdir()
    write_lookup(folder / "zones" / "taxi_zone_lookup.csv")
    zone_shapes.write_archive(folder / "zones" / "taxi_zones.zip")


def _write_manifest(folder: Path) -> None:
    (folder / "reference").mkdir()
    with (folder / "reference" / "tlc_manifest.csv").open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["file_name", "rows", "bytes", "last_modified", "columns"])
        for name, made in _plan().items():
            if not name.startswith("samples/"):
                path = folder / name
                columns = ",".join(column.name for column in made.era.columns)
                lines.writerow([path.name, made.rows, path.stat().st_size, "", columns])

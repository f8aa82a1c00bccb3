"""The taxi zone lookup: what the location ids of trips mean."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from nyc_tlc.core.errors import BadFileError

ZONES = "taxi_zone_lookup"
COLUMNS = ("locationid", "borough", "zone", "service_zone")

# The published versions of the file write missing values in these ways.
NOTHING = frozenset(("", "nv", "na", "n/a"))


@dataclass(frozen=True)
class Zone:
    """A TLC taxi zone. A value is None if the file has a blank, NV, NA or N/A."""

    locationid: int
    borough: str | None
    zone: str | None
    service_zone: str | None


def read_zones(path: Path) -> list[Zone]:
    """Read ``taxi_zone_lookup.csv`` in any of its versions, by location id.

    Raises BadFileError for another header, an id that is not a whole number, or a duplicate id.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = [line for line in csv.reader(file) if any(field.strip() for field in line)]
    header = tuple(name.strip().lower() for name in lines[0]) if lines else ()
    if header != COLUMNS:
        raise BadFileError(f"{path} has {len(header)} other columns. Expected {COLUMNS}.")
    zones = [_zone(path, number, line) for number, line in enumerate(lines[1:], 2)]
    by_id = {zone.locationid: zone for zone in zones}
    if len(by_id) < len(zones):
        raise BadFileError(f"{path} has the same LocationID twice. Expected one line per zone.")
    return sorted(zones, key=lambda zone: zone.locationid)


def _zone(path: Path, number: int, line: list[str]) -> Zone:
    texts = [text.strip() for text in line]
    if len(texts) != len(COLUMNS) or not texts[0].isdecimal():
        raise BadFileError(
            f"Row {number} of {path} has {len(texts)} values. Expected a LocationID, which is a whole "
            "number, and three names."
        )
    named = [None if text.lower() in NOTHING else text for text in texts[1:]]
    return Zone(int(texts[0]), *named)

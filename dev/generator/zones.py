"""A zone lookup in the form of TLC's. Only zones with a meaning of their own have their real names."""

from __future__ import annotations

import csv
from pathlib import Path

ZONES = 265
NAMED = {
    1: ("EWR", "Newark Airport", "EWR"),
    132: ("Queens", "JFK Airport", "Airports"),
    264: ("Unknown", "NV", "N/A"),
    265: ("Unknown", "NA", "N/A"),
}


def write_lookup(path: Path) -> None:
    with path.open("w", newline="") as file:
        lines = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
        lines.writerow(["LocationID", "Borough", "Zone", "service_zone"])
        for number in range(1, ZONES + 1):
            names = NAMED.get(number, ("Manhattan", f"Zone {number}", "Yellow Zone"))
            lines.writerow([number, *names])

"""``python -m dev.samples [folder]``: generates the bundled sample months and zones again."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from dev.generator import Column, Era, era_of, write
from dev.generator.recipes import tip
from dev.generator.zones import write_lookup

HERE = Path(__file__).resolve().parent

SEED = 2021


def months() -> dict[str, tuple[Era, int]]:
    """The layout of each month: TLC's of that time, one with an unknown column, one with later types."""
    usual, later = era_of("green", "2021-01"), era_of("green", "2023-02")
    unknown = Column("driver_rating", "double", tip)
    return {
        "2021-01": (usual, 4200),
        "2021-02": (replace(usual, columns=(*usual.columns, unknown)), 3500),
        "2021-03": (later, 4600),
    }


def make(folder: Path) -> None:
    """In the folders of TLC's own server."""
    for name in ("trip-data", "misc"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for month, (era, rows) in months().items():
        write(folder / "trip-data" / f"green_tripdata_{month}.parquet", era, month, rows, SEED)
    write_lookup(folder / "misc" / "taxi_zone_lookup.csv")


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)

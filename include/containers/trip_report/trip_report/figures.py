"""The figures of a month, summed up batch by batch: memory does not grow with the file.

A column that is missing, or empty in every row, has no figures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

OPTIONAL = ["zone", "longitude", "latitude", "total", "tip", "by_card", "driver_pay"]
BATCH_ROWS = 250_000
UNKNOWN = 0
SATURDAY = 5
# Longitudes and latitudes of New York, and how many cells a grid over it has in each direction.
WEST, EAST, SOUTH, NORTH = -74.27, -73.68, 40.48, 40.93
CELLS = 400


@dataclass(frozen=True)
class Figures:
    """Figures by day (``days``), by weekend and hour (``week``) and by location id (``zones``; 0 is
    unknown), the number of rows that were left out (``outside``), and, for a month with coordinates,
    the pickups in each cell of a grid over New York (``places``, from south to north, west to east).

    Each has trips and, if the month has them: revenue (everything that was paid), driver_pay, tips
    and fares (everything that was paid except tips). If rows have a payment type, the columns are
    card_tips and card_fares instead: TLC records only the tips of card payments.
    """

    days: pd.DataFrame
    week: pd.DataFrame
    zones: pd.DataFrame
    outside: int
    places: np.ndarray | None = None

    @property
    def trips(self) -> int:
        return int(self.days["trips"].sum())

    @property
    def hours(self) -> pd.DataFrame:
        return self.week.groupby(level="hour").sum()

    @property
    def known_zones(self) -> pd.DataFrame:
        return self.zones[self.zones.index != UNKNOWN]


def figures_of(trips: BinaryIO, month: pd.Period) -> Figures:
    """Sum up the trips whose pickup is in the month.

    Raises pyarrow's ArrowInvalid if the file is not Parquet, KeyError if it has no pickup column.
    """
    days, week, zones, outside = [], [], [], 0
    places = np.zeros((CELLS, CELLS), dtype="int64")
    for batch in _batches(trips):
        pickup = batch["pickup"]
        inside = batch[pickup.dt.to_period("M") == month]
        outside += len(batch) - len(inside)
        pickup, columns = inside["pickup"], _columns(inside)
        weekend = (pickup.dt.day_of_week >= SATURDAY).rename("weekend")
        days.append(_sums(columns, [pickup.dt.normalize().rename("date")]))
        week.append(_sums(columns, [weekend, pickup.dt.hour.rename("hour")]))
        zones.append(_sums(columns, [_zone(inside)]))
        places += _places(inside)
    by_day, by_hour, by_zone = (_added(parts) for parts in (days, week, zones))
    known = ["trips", *(name for name in by_day.columns[1:] if by_day[name].notna().any())]
    every_day = pd.period_range(month.start_time, month.end_time, freq="D").to_timestamp()
    every_hour = pd.MultiIndex.from_product([[False, True], range(24)], names=["weekend", "hour"])
    return Figures(
        by_day[known].fillna(0).reindex(every_day, fill_value=0).rename_axis("date"),
        by_hour[known].fillna(0).reindex(every_hour, fill_value=0),
        by_zone[known].fillna(0).sort_values(known, ascending=False),
        outside,
        places if places.any() else None,
    )


def named_zones(zones: pd.DataFrame, lookup: Path) -> pd.DataFrame:
    """The zones with the names and boroughs of the lookup, if it exists and has them."""
    named = zones.assign(zone=[f"Zone {number}" for number in zones.index], borough="")
    if lookup.is_file():
        names = pd.read_csv(lookup, keep_default_na=False).set_index("locationid")
        known = named.index.intersection(names.index)
        named.loc[known, "zone"] = names.loc[known, "zone"].where(
            lambda name: name != "", "Unknown"
        )
        named.loc[known, "borough"] = names.loc[known, "borough"]
    named.loc[named.index == UNKNOWN, "zone"] = "Not recorded"
    first = ["zone", "borough"]
    return named[first + [name for name in named.columns if name not in first]]


def _batches(trips: BinaryIO) -> Iterator[pd.DataFrame]:
    file = pq.ParquetFile(trips)
    there = file.schema_arrow
    if "pickup" not in there.names or not pa.types.is_timestamp(there.field("pickup").type):
        raise KeyError(f"there is no pickup column with timestamps; the columns are {there.names}")
    columns = ["pickup", *(name for name in OPTIONAL if name in there.names)]
    if not file.metadata.num_rows:
        yield there.empty_table().select(columns).to_pandas()
    for batch in file.iter_batches(BATCH_ROWS, columns=columns):
        yield batch.to_pandas()


def _columns(trips: pd.DataFrame) -> pd.DataFrame:
    """The values of each trip to sum up."""
    columns = {"trips": pd.Series(1, index=trips.index)}
    if "total" in trips:
        columns["revenue"] = trips["total"]
    if "driver_pay" in trips:
        columns["driver_pay"] = trips["driver_pay"]
    if {"total", "tip"} <= set(trips):
        kind, counts = "", trips["tip"].notna()
        if "by_card" in trips:
            kind, counts = "card_", trips["by_card"].fillna(False).astype(bool)
        columns[f"{kind}tips"] = trips["tip"].where(counts)
        columns[f"{kind}fares"] = (trips["total"] - trips["tip"]).where(counts)
    return pd.DataFrame(columns)


def _zone(trips: pd.DataFrame) -> pd.Series:
    if "zone" not in trips:
        return pd.Series(UNKNOWN, index=trips.index, name="locationid")
    return trips["zone"].fillna(UNKNOWN).astype("int64").rename("locationid")


def _places(trips: pd.DataFrame) -> np.ndarray:
    """The pickups in each cell; those elsewhere, or without coordinates, are in none."""
    if not {"longitude", "latitude"} <= set(trips):
        return np.zeros((CELLS, CELLS), dtype="int64")
    found, _, _ = np.histogram2d(
        trips["latitude"], trips["longitude"], bins=CELLS, range=[(SOUTH, NORTH), (WEST, EAST)]
    )
    return found.astype("int64")


def _sums(columns: pd.DataFrame, keys: list[pd.Series]) -> pd.DataFrame:
    """A sum is NaN if the column is empty in every row."""
    return columns.groupby(keys).sum(min_count=1)


def _added(parts: list[pd.DataFrame]) -> pd.DataFrame:
    keys = list(parts[0].index.names)
    return pd.concat(parts).groupby(level=keys).sum(min_count=1).astype({"trips": "int64"})

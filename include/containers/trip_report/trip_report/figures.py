"""The figures of a month, added up batch by batch: memory does not grow with the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pandas as pd
import pyarrow.parquet as pq

COLUMNS = ["pickup", "zone", "total", "tip", "by_card"]
BATCH_ROWS = 250_000
UNKNOWN = 0


@dataclass(frozen=True)
class Figures:
    """``days``, ``hours`` and ``zones`` (by location id; 0 is unknown), and rows left out.

    Each has trips, revenue (all that was paid) and, for tips, card_tips and card_fares: TLC records
    the tips of card payments only.
    """

    days: pd.DataFrame
    hours: pd.DataFrame
    zones: pd.DataFrame
    outside: int

    @property
    def trips(self) -> int:
        return int(self.days["trips"].sum())


def figures_of(trips: BinaryIO, month: pd.Period) -> Figures:
    """Add up the trips whose pickup lies in the month.

    Raises pyarrow's ArrowInvalid for what is no Parquet, KeyError for a column that is missing.
    """
    days, hours, zones, outside = [], [], [], 0
    for batch in _batches(trips):
        inside = batch[batch["pickup"].dt.to_period("M") == month]
        outside += len(batch) - len(inside)
        days.append(_sums(inside, inside["pickup"].dt.normalize()))
        hours.append(_sums(inside, inside["pickup"].dt.hour))
        zones.append(_sums(inside, inside["zone"].fillna(UNKNOWN).astype("int64")))
    every_day = pd.period_range(month.start_time, month.end_time, freq="D").to_timestamp()
    by_zone = _added(zones, "locationid").sort_values(["trips", "revenue"], ascending=False)
    return Figures(
        _added(days, "date").reindex(every_day, fill_value=0).rename_axis("date"),
        _added(hours, "hour").reindex(range(24), fill_value=0).rename_axis("hour"),
        by_zone,
        outside,
    )


def named_zones(zones: pd.DataFrame, lookup: Path) -> pd.DataFrame:
    """The zones with their names and boroughs, as far as the lookup is there and knows them."""
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
    missing = [name for name in COLUMNS if name not in file.schema_arrow.names]
    if missing:
        raise KeyError(f"columns {missing} are missing; there are {file.schema_arrow.names}")
    for batch in file.iter_batches(BATCH_ROWS, columns=COLUMNS):
        yield batch.to_pandas()


def _sums(trips: pd.DataFrame, key: pd.Series) -> pd.DataFrame:
    by_card = trips["by_card"].fillna(False).astype(bool)
    columns = pd.DataFrame(
        {
            "trips": 1,
            "revenue": trips["total"],
            "card_tips": trips["tip"].where(by_card),
            "card_fares": (trips["total"] - trips["tip"]).where(by_card),
        },
        index=trips.index,
    )
    return columns.groupby(key.rename(None)).sum()


def _added(parts: list[pd.DataFrame], name: str) -> pd.DataFrame:
    if not parts:
        parts = [pd.DataFrame(columns=["trips", "revenue", "card_tips", "card_fares"], dtype=float)]
    added = pd.concat(parts).groupby(level=0).sum().rename_axis(name)
    return added.astype({"trips": "int64"})

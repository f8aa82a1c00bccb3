"""The layouts that TLC's files have had, as data: an era is a list of columns.

A new era, or another taxi, is one more entry of ``ERAS``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from generator import recipes

Recipe = Callable[[Any], Any]


@dataclass(frozen=True)
class Column:
    """``type`` is Arrow's name of it, ``recipe`` makes the values.

    An ``amount`` is negated in refunds and part of the total; a ``reported`` column is NULL in the
    rows of which TLC has only the money; ``in_csv``: does the course's mirror have it?
    """

    name: str
    type: str
    recipe: Recipe
    amount: bool = False
    reported: bool = False
    in_csv: bool = True


@dataclass(frozen=True)
class Era:
    """A taxi's columns from the month ``since`` on; ``unreported`` is a share of the rows."""

    taxi: str
    since: str
    unreported: float
    columns: tuple[Column, ...]

    def changed(self, since: str, *columns: Column, **types: str) -> Era:
        """The era that follows: columns of other types, and new ones at the end.

        A column that is there already under the name's lower case is replaced.
        """
        new = {column.name.lower(): column for column in columns}
        kept = [new.pop(old.name.lower(), old) for old in self.columns]
        typed = [replace(column, type=types.get(column.name, column.type)) for column in kept]
        return replace(self, since=since, columns=(*typed, *new.values()))


def era_of(taxi: str, month: str) -> Era:
    """The newest era that had begun in a month."""
    begun = [era for era in ERAS if era.taxi == taxi and era.since <= month]
    if not begun:
        raise ValueError(
            f"No era of {taxi} in {month}. Known: {[(e.taxi, e.since) for e in ERAS]}."
        )
    return max(begun, key=lambda era: era.since)


def _amount(name: str, recipe: Recipe, *, reported: bool = False, in_csv: bool = True) -> Column:
    return Column(name, "double", recipe, amount=True, reported=reported, in_csv=in_csv)


VENDOR = Column("VendorID", "int64", recipes.vendor)
PASSENGERS = Column("passenger_count", "double", recipes.passengers, reported=True)
DISTANCE = Column("trip_distance", "double", recipes.distance)
RATE_CODE = Column("RatecodeID", "double", recipes.rate_code, reported=True)
FLAG = Column("store_and_fwd_flag", "string", recipes.store_and_forward, reported=True)
PICKUP_ZONE = Column("PULocationID", "int64", recipes.pickup_zone)
DROPOFF_ZONE = Column("DOLocationID", "int64", recipes.dropoff_zone)
FARE = _amount("fare_amount", recipes.fare)
EXTRA = _amount("extra", recipes.extra)
TAX = _amount("mta_tax", recipes.tax)
TIP = _amount("tip_amount", recipes.tip)
TOLLS = _amount("tolls_amount", recipes.tolls)
IMPROVEMENT = _amount("improvement_surcharge", recipes.improvement)
TOTAL = _amount("total_amount", recipes.total)
CONGESTION = _amount("congestion_surcharge", recipes.congestion, reported=True)
CBD_FEE = _amount("cbd_congestion_fee", recipes.cbd_fee, in_csv=False)

YELLOW_2019 = Era(
    "yellow",
    since="2019-01",
    unreported=0.05,
    columns=(
        VENDOR,
        Column("tpep_pickup_datetime", "timestamp[us]", recipes.pickup),
        Column("tpep_dropoff_datetime", "timestamp[us]", recipes.dropoff),
        PASSENGERS, DISTANCE, RATE_CODE, FLAG, PICKUP_ZONE, DROPOFF_ZONE,
        Column("payment_type", "int64", recipes.payment),
        FARE, EXTRA, TAX, TIP, TOLLS, IMPROVEMENT, TOTAL, CONGESTION,
        Column("airport_fee", "null", recipes.nothing, in_csv=False),
    ),
)  # fmt: skip
YELLOW_2023 = YELLOW_2019.changed(
    "2023-02",
    _amount("Airport_fee", recipes.airport_fee, reported=True, in_csv=False),
    VendorID="int32", PULocationID="int32", DOLocationID="int32",
    passenger_count="int64", RatecodeID="int64", store_and_fwd_flag="large_string",
)  # fmt: skip

GREEN_2019 = Era(
    "green",
    since="2019-01",
    unreported=0.4,
    columns=(
        VENDOR,
        Column("lpep_pickup_datetime", "timestamp[us]", recipes.pickup),
        Column("lpep_dropoff_datetime", "timestamp[us]", recipes.dropoff),
        FLAG, RATE_CODE, PICKUP_ZONE, DROPOFF_ZONE, PASSENGERS, DISTANCE,
        FARE, EXTRA, TAX, TIP, TOLLS,
        Column("ehail_fee", "null", recipes.nothing),
        IMPROVEMENT, TOTAL,
        Column("payment_type", "double", recipes.payment, reported=True),
        Column("trip_type", "double", recipes.trip_type, reported=True),
        CONGESTION,
    ),
)  # fmt: skip
GREEN_2023 = GREEN_2019.changed(
    "2023-02",
    VendorID="int32", PULocationID="int32", DOLocationID="int32", RatecodeID="int64",
    passenger_count="int64", payment_type="int64", trip_type="int64",
    store_and_fwd_flag="large_string", ehail_fee="double",
)  # fmt: skip

ERAS = (
    YELLOW_2019,
    YELLOW_2023,
    YELLOW_2023.changed("2025-01", CBD_FEE),
    GREEN_2019,
    GREEN_2023,
    GREEN_2023.changed("2025-01", CBD_FEE),
)

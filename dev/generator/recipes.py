"""Recipes: make the values of a column like those in TLC's files, including odd ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from dev.generator.block import Array, Block

ZONES = 265
MINUTES = 60
FAR_PICKUPS = np.array(["2008-12-31T23:02:57", "2041-08-17T16:24:01"], "M8[s]")
FAR_DISTANCES = np.array([244152.01, 91134.16])
MANHATTAN = (-73.98, 40.75)


def nothing(block: Block) -> Array:
    return np.zeros(block.rows)


def vendor(block: Block) -> Array:
    values = _among(block, "vendor", {2: 0.7, 1: 0.3})
    values[block.some("vendor 6", 1 / 5000)] = 6
    return values


def row_number(block: Block) -> Array:
    return np.arange(block.first, block.first + block.rows)


def vendor_word(block: Block) -> Array:
    return _among(block, "vendor", {0: 0.5, 1: 0.48, 2: 0.02})


def payment_word(block: Block) -> Array:
    return _among(block, "payment", {0: 0.6, 1: 0.3, 2: 0.01, 3: 0.01, 4: 0.04, 5: 0.04})


def pickup_longitude(block: Block) -> Array:
    return _coordinate(block, "pickup longitude", MANHATTAN[0])


def pickup_latitude(block: Block) -> Array:
    return _coordinate(block, "pickup latitude", MANHATTAN[1])


def dropoff_longitude(block: Block) -> Array:
    return _coordinate(block, "dropoff longitude", MANHATTAN[0])


def dropoff_latitude(block: Block) -> Array:
    return _coordinate(block, "dropoff latitude", MANHATTAN[1])


def pickup(block: Block) -> Array:
    """Roughly in order; some are in the month before or after, a few are years off."""
    first, end = (np.datetime64(m, "s") for m in (block.month, block.month + 1))
    length = (end - first).astype("int64")
    seconds = block.progress * length + block.random("pickup").normal(0, 20 * MINUTES, block.rows)
    values = first + np.clip(seconds, 0, length - 1).astype("int64")
    values[block.some("pickup before", 1 / 3000)] = first - 129
    values[block.some("pickup after", 1 / 8000)] = end + 3 * MINUTES
    far = block.some("pickup far", 1 / 50_000)
    values[far] = FAR_PICKUPS[np.arange(len(far)) % 2]
    return values


def dropoff(block: Block) -> Array:
    minutes = 2 + 4 * np.minimum(block[distance], 40) * block.random("dropoff").uniform(0.6, 1.8)
    values = block[pickup] + (minutes * MINUTES).astype("int64")
    values[block.some("dropoff a day late", 1 / 500)] += 23 * 60 * MINUTES
    return values


def passengers(block: Block) -> Array:
    return _among(
        block, "passengers", {1: 0.75, 2: 0.14, 3: 0.04, 4: 0.02, 5: 0.02, 6: 0.02, 0: 0.01}
    )


def distance(block: Block) -> Array:
    random = block.random("distance")
    values = np.round(np.minimum(random.lognormal(0.6, 0.85, block.rows), 80), 2)
    values[block.some("distance zero", 1 / 60)] = 0
    far = block.some("distance far", 1 / 20_000)
    values[far] = FAR_DISTANCES[np.arange(len(far)) % 2]
    return values


def rate_code(block: Block) -> Array:
    return _among(
        block, "rate code", {1: 0.955, 2: 0.02, 5: 0.015, 3: 0.004, 4: 0.003, 99: 0.002, 6: 0.001}
    )


def rate_code_word(block: Block) -> Array:
    return _among(block, "rate code", {0: 0.95, 1: 0.03, 2: 0.02})


def store_and_forward(block: Block) -> Array:
    return _among(block, "store and forward", {0: 0.985, 1: 0.015})


def pickup_zone(block: Block) -> Array:
    return _zones(block, "pickup zone", skew=4)


def dropoff_zone(block: Block) -> Array:
    return _zones(block, "dropoff zone", skew=3)


def payment(block: Block) -> Array:
    values = _among(block, "payment", {1: 0.72, 2: 0.26, 3: 0.01, 4: 0.01})
    values[block.unreported] = 0
    values[block.refunds - 1] = 4
    return values


def trip_type(block: Block) -> Array:
    return _among(block, "trip type", {1: 0.97, 2: 0.03})


def fare(block: Block) -> Array:
    """Metered fares in steps of 50 cents; fares of app trips to the cent."""
    metered = 2.5 + np.round(np.minimum(block[distance], 80) * 5.4) / 2
    arranged = 8 + block.random("fare").gamma(3, 6, block.rows)
    return np.where(block.unreported, np.round(arranged, 2), metered)


def extra(block: Block) -> Array:
    return _among(block, "extra", {0.0: 0.45, 0.5: 0.2, 1.0: 0.1, 2.5: 0.15, 3.0: 0.05, 3.5: 0.05})


def tax(block: Block) -> Array:
    return _among(block, "tax", {0.5: 0.99, 0.0: 0.01})


def tip(block: Block) -> Array:
    share = block.random("tip").choice(np.array([0, 0.15, 0.2, 0.2, 0.25, 0.3]), block.rows)
    return np.where(block[payment] == 1, np.round(block[fare] * share, 2), 0.0)


def tolls(block: Block) -> Array:
    return _among(block, "tolls", {0.0: 0.94, 6.12: 0.05, 2.8: 0.005, 12.24: 0.004, 19.87: 0.001})


def improvement(block: Block) -> Array:
    return _among(block, "improvement", {0.3: 0.997, 0.0: 0.003})


def congestion(block: Block) -> Array:
    values = _among(
        block, "congestion", {2.5: 0.9, 0.0: 0.1} if _is_yellow(block) else {0.0: 0.7, 2.75: 0.3}
    )
    return np.where(block.unreported, 0.0, values)


def airport_fee(block: Block) -> Array:
    return np.where(block.unreported, 0.0, _among(block, "airport", {0.0: 0.91, 1.25: 0.09}))


def cbd_fee(block: Block) -> Array:
    return _among(block, "cbd", {0.75: 0.7, 0.0: 0.3})


def total(block: Block) -> Array:
    amounts = [c.recipe for c in block.era.columns if c.amount and c.recipe is not total]
    return np.round(sum(block[recipe] for recipe in amounts), 2)


def base(block: Block) -> Array:
    """Some bases are far more frequent than others."""
    return (block.random("base").random(block.rows) ** 6 * 480).astype("int64")


def affiliated_base(block: Block) -> Array:
    values = block[base].copy()
    other = block.some("other base", 1 / 4)
    values[other] = np.roll(values[other], 1)
    return values


def licence(block: Block) -> Array:
    return _among(block, "licence", {0: 0.72, 1: 0.27, 2: 0.005, 3: 0.005})


def shared(block: Block) -> Array:
    return np.ones(block.rows)


def not_shared(block: Block) -> Array:
    return np.zeros(block.rows)


def access_a_ride(block: Block) -> Array:
    return _among(block, "access a ride", {0: 0.3, 1: 0.001, 2: 0.699})


def request(block: Block) -> Array:
    seconds = block.random("request").gamma(4, 70, block.rows).astype("int64")
    return block[pickup] - seconds


def on_scene(block: Block) -> Array:
    waited = (block[pickup] - block[request]).astype("int64")
    return block[pickup] - (waited * block.random("on scene").random(block.rows)).astype("int64")


def miles(block: Block) -> Array:
    """Three decimals, as apps report them."""
    return np.round(block[distance] + block.random("miles").random(block.rows) / 100, 3)


def trip_time(block: Block) -> Array:
    return (block[dropoff] - block[pickup]).astype("int64")


def arranged_fare(block: Block) -> Array:
    rate = block.random("rate").normal(1, 0.15, block.rows)
    return np.round((4 + 2.2 * np.minimum(block[distance], 80)) * np.abs(rate), 2)


def arranged_tip(block: Block) -> Array:
    tipped = block.random("tipped").random(block.rows) < 0.18
    return np.where(tipped, np.round(block[arranged_fare] * 0.15, 2), 0.0)


def black_car_fund(block: Block) -> Array:
    return np.round(block[arranged_fare] * 0.03, 2)


def sales_tax(block: Block) -> Array:
    return np.round(block[arranged_fare] * 0.08875, 2)


def driver_pay(block: Block) -> Array:
    return np.round(block[arranged_fare] * 0.78, 2)


def _coordinate(block: Block, name: str, middle: float) -> Array:
    """Six decimals; 0 if the meter had no signal."""
    values = np.round(block.random(name).normal(middle, 0.03, block.rows), 6)
    values[block.some(f"no {name}", 1 / 50)] = 0
    return values


def _is_yellow(block: Block) -> bool:
    return block.era.taxi == "yellow"


def _among(block: Block, name: str, shares: dict[Any, float]) -> Array:
    """Few distinct values, each with its share of the rows."""
    limits = np.cumsum(list(shares.values()))
    places = np.searchsorted(limits[:-1], block.random(name).random(block.rows), side="right")
    return np.array(list(shares))[places]


def _zones(block: Block, name: str, skew: int) -> Array:
    """Zones 1 to 265; some are far more frequent than others."""
    zones = np.random.default_rng(ZONES).permutation(ZONES) + 1
    return zones[(block.random(name).random(block.rows) ** skew * ZONES).astype("int64")]

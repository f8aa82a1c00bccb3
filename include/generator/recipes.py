"""Recipes: what the values of a column look like in TLC's files, and what is odd in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from generator.block import Array, Block

ZONES = 265
MINUTES = 60
FAR_PICKUPS = np.array(["2008-12-31T23:02:57", "2041-08-17T16:24:01"], "M8[s]")
FAR_DISTANCES = np.array([244152.01, 91134.16])
FLAGS = ("N", "Y")


def nothing(block: Block) -> Array:
    return np.zeros(block.rows)


def vendor(block: Block) -> Array:
    values = _among(block, "vendor", {2: 0.7, 1: 0.3})
    values[block.some("vendor 6", 1 / 5000)] = 6
    return values


def pickup(block: Block) -> Array:
    """Roughly in order; some of the month before and after, a few years away."""
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


def store_and_forward(block: Block) -> Array:
    """Positions in ``FLAGS``."""
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
    """By the meter in steps of 50 cents; to the cent where the trip was arranged by an app."""
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


def _is_yellow(block: Block) -> bool:
    return block.era.taxi == "yellow"


def _among(block: Block, name: str, shares: dict[Any, float]) -> Array:
    """Few distinct values, each with its share of the rows."""
    limits = np.cumsum(list(shares.values()))
    places = np.searchsorted(limits[:-1], block.random(name).random(block.rows), side="right")
    return np.array(list(shares))[places]


def _zones(block: Block, name: str, skew: int) -> Array:
    """Zones 1 to 265, some of them far more often than others."""
    zones = np.random.default_rng(ZONES).permutation(ZONES) + 1
    return zones[(block.random(name).random(block.rows) ** skew * ZONES).astype("int64")]

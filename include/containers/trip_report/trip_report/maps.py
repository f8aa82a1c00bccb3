"""The maps: zones shaded by trips and by what a trip costs, or the places of the pickups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.collections import PathCollection
from matplotlib.colors import LogNorm, Normalize
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from trip_report.figures import EAST, NORTH, SOUTH, WEST, Figures
from trip_report.look import FAINT, GREY, LEFT, PAPER, RIGHT, add_title, count, dollars, short
from trip_report.shapes import ON_MAP, Shapes

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import FigureBase

# The same order of lightness for colour-blind people and in grey; dark is much.
PALETTE = "viridis_r"
# At the latitude of New York, a degree of latitude is longer than one of longitude by this.
ASPECT = 1 / np.cos(np.radians((SOUTH + NORTH) / 2))
BOTTOM, TOP, TITLE = 0.12, 0.93, 0.95
HALVES = (LEFT, 0.485), (0.535, RIGHT)
# A zone's average needs so many trips; the scale leaves out the extremes, in percent.
ENOUGH_TRIPS = 10
USUAL = (2, 98)
LISTED = 5

Span = tuple[float, float]


def draw_maps(page: FigureBase, figures: Figures, zones: pd.DataFrame, shapes: Shapes) -> None:
    """What the month has: two maps of zones side by side, one map, or the places of the pickups."""
    known = zones[zones[ON_MAP] == "yes"] if ON_MAP in zones else zones.head(0)
    if known["trips"].sum():
        _zone_maps(page, known, shapes)
        _list_the_rest(page, zones[zones[ON_MAP] == "no"])
    elif figures.places is not None:
        _places_map(page, figures.places, shapes)
        elsewhere = figures.trips - int(figures.places.sum())
        _note(page, f"Not on the map, without coordinates in New York: {elsewhere:,} trips.")


def _zone_maps(page: FigureBase, zones: pd.DataFrame, shapes: Shapes) -> None:
    prices = _prices(zones)
    spans = HALVES if len(prices) else ((LEFT, RIGHT),)
    axes = _axes(page, spans[0], "Trips by zone", "pickups; the scale is logarithmic")
    trips = zones["trips"]
    _scale(axes, _shaded(axes, shapes, trips, LogNorm(1, max(trips.max(), 10))), count)
    if len(prices):
        axes = _axes(
            page, spans[1], "A trip's price by zone", f"average; {ENOUGH_TRIPS} trips or more"
        )
        _scale(axes, _shaded(axes, shapes, prices, _usual(prices)), dollars)


def _prices(zones: pd.DataFrame) -> pd.Series:
    """What a trip costs on average, in zones with enough trips."""
    if "revenue" not in zones:
        return zones["trips"].head(0)
    often = zones[zones["trips"] >= ENOUGH_TRIPS]
    return often["revenue"] / often["trips"]


def _usual(values: pd.Series) -> Normalize:
    low, high = np.percentile(values, USUAL)
    return Normalize(low, max(high, low + 1))


def _places_map(page: FigureBase, places: np.ndarray, shapes: Shapes) -> None:
    axes = _axes(page, (LEFT, RIGHT), "Where trips begin", "pickups; the scale is logarithmic")
    _outlines(axes, shapes)
    image = axes.imshow(
        np.ma.masked_equal(places, 0), origin="lower", extent=(WEST, EAST, SOUTH, NORTH), zorder=2,
        cmap=PALETTE, norm=LogNorm(1, max(places.max(), 10)), aspect=ASPECT, interpolation="nearest",
    )  # fmt: skip
    _scale(axes, image, count)


def _axes(page: FigureBase, span: Span, title: str, note: str) -> Axes:
    axes = page.add_axes((span[0], BOTTOM, span[1] - span[0], TOP - BOTTOM))
    axes.set(xlim=(WEST, EAST), ylim=(SOUTH, NORTH), aspect=ASPECT, xticks=[], yticks=[])
    axes.spines["bottom"].set_visible(False)
    add_title(axes, (span[0], TITLE), title, note)
    return axes


def _outlines(axes: Axes, shapes: Shapes) -> None:
    """Every zone, under what is drawn: those without a value stay in this colour."""
    axes.add_collection(
        PathCollection(list(shapes.values()), facecolor=FAINT, edgecolor=PAPER, linewidth=0.5)
    )


def _shaded(axes: Axes, shapes: Shapes, values: pd.Series, norm: Normalize) -> ScalarMappable:
    _outlines(axes, shapes)
    shaded = PathCollection(
        [shapes[zone] for zone in values.index], edgecolor=PAPER, linewidth=0.5, cmap=PALETTE,
        norm=norm,
    )  # fmt: skip
    shaded.set_array(values.to_numpy(dtype=float))
    axes.add_collection(shaded)
    return shaded


def _scale(axes: Axes, shaded: ScalarMappable, write: Callable[[float], str]) -> None:
    """In the upper left corner, where the map has New Jersey."""
    place = axes.inset_axes((0.02, 0.9, 0.36, 0.022))
    bar = mpl.colorbar.Colorbar(place, shaded, orientation="horizontal")
    bar.outline.set_visible(False)
    if not isinstance(shaded.norm, LogNorm):
        bar.locator = MaxNLocator(4)
    bar.formatter = FuncFormatter(lambda value, _: write(value))
    bar.update_ticks()
    place.xaxis.set_minor_locator(NullLocator())
    place.tick_params(labelsize=8, labelcolor=GREY)


def _list_the_rest(page: FigureBase, zones: pd.DataFrame) -> None:
    if zones.empty:
        return
    named = [
        f"{short(zone.zone, 20)} ({zone.Index}) {zone.trips:,}" if zone.Index else
        f"{zone.zone} {zone.trips:,}"
        for zone in zones.head(LISTED).itertuples()
    ]  # fmt: skip
    if more := zones["trips"][LISTED:].sum():
        named.append(f"{len(zones) - LISTED} more zones {more:,}")
    _note(page, f"Not on the map: {' · '.join(named)}. Together {zones['trips'].sum():,} trips.")


def _note(page: FigureBase, text: str) -> None:
    page.text(LEFT, 0.075, text, fontsize=8.5, color=GREY)

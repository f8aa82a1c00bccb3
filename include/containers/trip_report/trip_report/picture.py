"""Draws the month on one page: trips and revenue by day; below them the busiest zones, tips by hour or trips
by hour, depending on the month's data; and a map of the pickups, if the month and the input have one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import font_lato
import matplotlib as mpl
from matplotlib import font_manager
from matplotlib import pyplot as plt
from PIL import Image

from trip_report.figures import Figures
from trip_report.look import COLOURS, GAP, GREY, LEFT, PAPER, RIGHT, Colours, dollars, short, style
from trip_report.maps import draw_maps
from trip_report.panels import (
    TIPS,
    Span,
    days_panel,
    hours_panel,
    name_days,
    tips_panel,
    zones_panel,
)
from trip_report.shapes import Shapes, trips_on_map

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import FigureBase

HALF = 0.485
# In inches: the width, the height without a map, the height of the map.
WIDTH, HEIGHT, MAP_HEIGHT = 11, 8.5, 6.0
FOOTNOTE = 0.2
THUMBNAIL_WIDTH = 420


def draw(
    path: Path, title: str, taxi: str, figures: Figures, zones: pd.DataFrame, shapes: Shapes
) -> None:
    """Write the picture as a PNG, 1,650 pixels wide: 1,275 high, and 2,175 with a map."""
    for font in font_lato.font_files.values():
        font_manager.fontManager.addfont(font)
    with mpl.rc_context(style()):
        has_map = trips_on_map(figures, zones) is not None
        heights = [HEIGHT, MAP_HEIGHT] if has_map else [HEIGHT]
        page = plt.figure(figsize=(WIDTH, sum(heights)), dpi=150, facecolor=PAPER)
        parts = page.subfigures(len(heights), height_ratios=heights, squeeze=False)[:, 0]
        _heading(parts[0], title, COLOURS[taxi], figures, zones)
        _by_day(parts[0], COLOURS[taxi], figures.days)
        _below(parts[0], COLOURS[taxi], figures, zones)
        if has_map:
            draw_maps(parts[1], figures, zones, shapes)
        _footnote(parts[-1], FOOTNOTE / heights[-1], figures)
        page.savefig(path, format="png", facecolor=PAPER)
        plt.close(page)


def draw_thumbnail(path: Path, picture: Path) -> None:
    """Write the upper part of the picture again, small."""
    with Image.open(picture) as whole:
        top = whole.convert("RGB").crop((0, 0, whole.width, round(whole.width * HEIGHT / WIDTH)))
    top.thumbnail((THUMBNAIL_WIDTH, THUMBNAIL_WIDTH))
    top.save(path, format="png")


def _heading(
    page: FigureBase, title: str, colours: Colours, figures: Figures, zones: pd.DataFrame
) -> None:
    first = figures.days.index[0]
    page.text(LEFT, 0.945, f"{title} in {first:%B %Y}", fontsize=25, fontweight="bold", va="center")
    place = LEFT
    for value, name in _facts(figures, zones):
        text = page.text(place, 0.884, value, fontsize=15, fontweight="bold", color=colours[1])
        note = page.text(place, 0.862, name, fontsize=9.5, color=GREY)
        ends = [each.get_window_extent().x1 for each in (text, note)]
        place = max(ends) / page.bbox.width + GAP


def _facts(figures: Figures, zones: pd.DataFrame) -> list[tuple[str, str]]:
    days, trips = figures.days, figures.trips
    facts = [(f"{trips:,}", "trips")]
    if "revenue" in days:
        revenue = days["revenue"].sum()
        facts += [(dollars(revenue), "paid in all"), (dollars(revenue / trips, 2), "a trip")]
        if "driver_pay" in days and revenue > 0:
            facts.append((f"{days['driver_pay'].sum() / revenue:.0%}", "is drivers' pay"))
    else:
        facts.append((f"{trips / len(days):,.0f}", "a day"))
    busiest = days["trips"].idxmax()
    facts.append((f"{busiest:%a} {busiest.day} {busiest:%b}", "busiest day"))
    if len(figures.known_zones):
        facts.append((short(zones["zone"][figures.known_zones.index[0]], 24), "busiest zone"))
    return facts


def _by_day(page: FigureBase, colours: Colours, days: pd.DataFrame) -> None:
    """Trips by day and, if the month has it, revenue below them."""
    if "revenue" not in days:
        axes = page.add_axes((LEFT, 0.445, RIGHT - LEFT, 0.355))
        days_panel(axes, colours, days, "trips", "weekends are paler")
        name_days(axes, days)
        return
    axes = page.add_axes((LEFT, 0.63, RIGHT - LEFT, 0.17))
    days_panel(axes, colours, days, "trips", "weekends are paler")
    axes.set_xticklabels([])
    axes = page.add_axes((LEFT, 0.445, RIGHT - LEFT, 0.12))
    paid = "all that was paid" + ("; dark: drivers' pay" if "driver_pay" in days else "")
    days_panel(axes, colours, days, "revenue", paid)
    if "driver_pay" in days:
        numbers = [day.day for day in days.index]
        axes.bar(numbers, days["driver_pay"], width=0.78, color=colours[1])
    name_days(axes, days)


def _below(page: FigureBase, colours: Colours, figures: Figures, zones: pd.DataFrame) -> None:
    """The first two panels that the month has data for, side by side; a single one gets the full width."""
    panels: list[Callable[[FigureBase, Span], None]] = []
    if len(figures.known_zones):
        known = zones.loc[figures.known_zones.index]
        panels.append(partial(zones_panel, colours=colours, zones=known, trips=figures.trips))
    if (tips := next((name for name in TIPS if name in figures.days), None)) is not None:
        panels.append(partial(tips_panel, colours=colours, hours=figures.hours, tips=tips))
    panels.append(partial(hours_panel, colours=colours, figures=figures))
    spans = [(LEFT, HALF), (HALF + 2 * GAP, RIGHT)] if len(panels) > 1 else [(LEFT, RIGHT)]
    for panel, span in zip(panels, spans, strict=False):
        panel(page, span)


def _footnote(page: FigureBase, place: float, figures: Figures) -> None:
    left_out = (
        f" Trips that begin outside the month are left out: {figures.outside:,}."
        if figures.outside
        else ""
    )
    page.text(
        LEFT, place, f"NYC Taxi & Limousine Commission, trip records. Times are New York time.{left_out}",
        fontsize=8, color=GREY,
    )  # fmt: skip

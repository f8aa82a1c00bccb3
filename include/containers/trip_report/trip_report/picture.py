"""The month on one page: trips and what was paid by day, and below it what else the month has: the busiest
zones, tips by hour, or trips by hour.
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
from matplotlib.ticker import FuncFormatter, MaxNLocator

from trip_report.figures import SATURDAY, Figures

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PAPER, INK, GREY, FAINT = "#fbfaf7", "#22252b", "#6f7580", "#e4e2dc"
# A taxi's colour, its dark one and its pale one.
COLOURS = {
    "yellow": ("#f0b323", "#b57f00", "#f7dc9c"),
    "green": ("#59a869", "#2c7a3f", "#b4d6ba"),
    "fhv": ("#6b7787", "#3a4350", "#c0c6ce"),
    "fhvhv": ("#7a86c8", "#414f9e", "#c3c9e6"),
}
ZONES_SHOWN = 10
LONGEST_NAME = 30
LEFT, RIGHT, GAP = 0.055, 0.965, 0.045
HALF = 0.485
TITLES = 0.368
TIPS = {
    "card_tips": ("card_fares", "card payments, on top of the bill"),
    "tips": ("fares", "on top of the bill"),
}

Colours = tuple[str, str, str]
Span = tuple[float, float]


def draw(path: Path, title: str, taxi: str, figures: Figures, zones: pd.DataFrame) -> None:
    """Write the picture as a PNG of 1,650 by 1,275 pixels."""
    for font in font_lato.font_files.values():
        font_manager.fontManager.addfont(font)
    with mpl.rc_context(_style()):
        page = plt.figure(figsize=(11, 8.5), dpi=150, facecolor=PAPER)
        _heading(page, title, COLOURS[taxi], figures, zones)
        _by_day(page, COLOURS[taxi], figures.days)
        _below(page, COLOURS[taxi], figures, zones)
        _footnote(page, figures)
        page.savefig(path, format="png", facecolor=PAPER)
        plt.close(page)


def _style() -> dict[str, object]:
    return {
        "font.family": "Lato",
        "font.size": 9.5,
        "text.color": INK,
        "axes.edgecolor": FAINT,
        "axes.facecolor": PAPER,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.axisbelow": True,
        "grid.color": FAINT,
        "grid.linewidth": 0.8,
        "xtick.color": GREY,
        "ytick.color": GREY,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
    }


def _heading(
    page: Figure, title: str, colours: Colours, figures: Figures, zones: pd.DataFrame
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
        facts += [(_dollars(revenue), "paid in all"), (_dollars(revenue / trips, 2), "a trip")]
        if "driver_pay" in days and revenue > 0:
            facts.append((f"{days['driver_pay'].sum() / revenue:.0%}", "is drivers' pay"))
    else:
        facts.append((f"{trips / len(days):,.0f}", "a day"))
    busiest = days["trips"].idxmax()
    facts.append((f"{busiest:%a} {busiest.day} {busiest:%b}", "busiest day"))
    if len(figures.known_zones):
        facts.append((_short(zones["zone"][figures.known_zones.index[0]], 24), "busiest zone"))
    return facts


def _by_day(page: Figure, colours: Colours, days: pd.DataFrame) -> None:
    """Trips, and what was paid below them, where that is known."""
    if "revenue" not in days:
        axes = page.add_axes((LEFT, 0.445, RIGHT - LEFT, 0.355))
        _days(axes, colours, days, "trips", "weekends are paler")
        _name_days(axes, days)
        return
    axes = page.add_axes((LEFT, 0.63, RIGHT - LEFT, 0.17))
    _days(axes, colours, days, "trips", "weekends are paler")
    axes.set_xticklabels([])
    axes = page.add_axes((LEFT, 0.445, RIGHT - LEFT, 0.12))
    paid = "all that was paid" + ("; dark: drivers' pay" if "driver_pay" in days else "")
    _days(axes, colours, days, "revenue", paid)
    if "driver_pay" in days:
        numbers = [day.day for day in days.index]
        axes.bar(numbers, days["driver_pay"], width=0.78, color=colours[1])
    _name_days(axes, days)


def _days(axes: Axes, colours: Colours, days: pd.DataFrame, column: str, note: str) -> None:
    """Bars a day; the highest carries its number."""
    each = [colours[2] if day.weekday() >= SATURDAY else colours[0] for day in days.index]
    numbers = [day.day for day in days.index]
    axes.bar(numbers, days[column], width=0.78, color=each)
    write = _dollars if column == "revenue" else _count
    _title(axes, (LEFT, axes.get_position().y1 + 0.018), f"{column.capitalize()} by day", note)
    top = days[column].to_numpy().argmax()
    axes.annotate(
        write(days[column].iloc[top]), (numbers[top], days[column].iloc[top]), xytext=(0, 3),
        textcoords="offset points", ha="center", fontsize=8.5, fontweight="bold",
    )  # fmt: skip
    _value_axis(axes, write)
    axes.set_xlim(0.35, len(days) + 0.65)
    axes.margins(y=0.16)
    axes.set_xticks(numbers)


def _name_days(axes: Axes, days: pd.DataFrame) -> None:
    names = [f"{day.day}\n{'Mon' if day.weekday() == 0 else ''}" for day in days.index]
    axes.set_xticklabels(names, fontsize=8.5)


def _below(page: Figure, colours: Colours, figures: Figures, zones: pd.DataFrame) -> None:
    """The first two that the month has, side by side; one alone takes the whole width."""
    panels: list[Callable[[Figure, Span], None]] = []
    if len(figures.known_zones):
        known = zones.loc[figures.known_zones.index]
        panels.append(partial(_zones, colours=colours, zones=known, trips=figures.trips))
    if (tips := next((name for name in TIPS if name in figures.days), None)) is not None:
        panels.append(partial(_tips, colours=colours, hours=figures.hours, tips=tips))
    panels.append(partial(_hours, colours=colours, figures=figures))
    spans = [(LEFT, HALF), (HALF + 2 * GAP, RIGHT)] if len(panels) > 1 else [(LEFT, RIGHT)]
    for panel, span in zip(panels, spans, strict=False):
        panel(page, span)


def _zones(page: Figure, span: Span, colours: Colours, zones: pd.DataFrame, trips: int) -> None:
    axes = page.add_axes((span[0] + 0.18, 0.07, span[1] - span[0] - 0.18, 0.28))
    top = zones.head(ZONES_SHOWN).iloc[::-1]
    axes.barh(range(len(top)), top["trips"], height=0.7, color=colours[0])
    axes.set_yticks(range(len(top)), [_short(name, LONGEST_NAME) for name in top["zone"]])
    axes.tick_params(axis="y", labelcolor=INK, pad=4)
    for place, number in enumerate(top["trips"]):
        axes.annotate(
            f"{number:,}", (number, place), xytext=(4, 0), textcoords="offset points",
            va="center", fontsize=8.5, color=GREY,
        )  # fmt: skip
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.set_ylim(-0.6, len(top) - 0.4)
    note = f"pickups, together {top['trips'].sum() / trips:.0%} of all"
    if (known := zones["trips"].sum() / trips) < 0.995:
        note = f"pickups; {known:.0%} of trips have a zone"
    _title(axes, (span[0], TITLES), "Busiest zones", note)


def _tips(page: Figure, span: Span, colours: Colours, hours: pd.DataFrame, tips: str) -> None:
    """A share of what was paid without the tip; hours without such a payment are gaps."""
    axes = page.add_axes((span[0], 0.1, span[1] - span[0], 0.245))
    fares, note = TIPS[tips]
    shares = (hours[tips] / hours[fares].where(hours[fares] > 0)) * 100
    axes.plot(shares.index, shares, color=colours[1], linewidth=2.2, solid_capstyle="round")
    axes.fill_between(shares.index, shares, color=colours[2], alpha=0.45, linewidth=0)
    _title(axes, (span[0], TITLES), "Tips by hour of pickup", note)
    _value_axis(axes, lambda value: f"{value:.0f} %")
    axes.set_xlim(-0.3, 23.3)
    axes.set_ylim(0, max(shares.max() * 1.2, 1) if shares.notna().any() else 1)
    _name_hours(axes)
    if shares.notna().any():
        hour, share = int(shares.idxmax()), float(shares.max())
        _mark(axes, hour, share, f"{share:.1f} % at {hour}:00", colours)


def _hours(page: Figure, span: Span, colours: Colours, figures: Figures) -> None:
    """Trips by hour, of a day of the working week and of one of the weekend."""
    axes = page.add_axes((span[0], 0.1, span[1] - span[0], 0.245))
    weekend_days = (figures.days.index.day_of_week >= SATURDAY).sum()
    week = figures.week["trips"].loc[False] / (len(figures.days) - weekend_days)
    weekend = figures.week["trips"].loc[True] / weekend_days
    busiest = max(week, weekend, key=lambda hours: hours.max())
    axes.plot(week.index, week, color=colours[1], linewidth=2.2, solid_capstyle="round")
    axes.fill_between(week.index, week, color=colours[2], alpha=0.45, linewidth=0)
    axes.plot(weekend.index, weekend, color=colours[0], linewidth=2.2, linestyle=(0, (1, 1.2)))
    _title(axes, (span[0], TITLES), "Trips by hour of pickup", "on average; dotted: weekends")
    _value_axis(axes, _count)
    axes.set_xlim(-0.3, 23.3)
    axes.set_ylim(0, busiest.max() * 1.2)
    _name_hours(axes)
    hour = int(busiest.idxmax())
    _mark(axes, hour, busiest[hour], f"{_count(busiest[hour])} at {hour}:00", colours)


def _name_hours(axes: Axes) -> None:
    axes.set_xticks(range(0, 24, 3), [f"{hour}:00" for hour in range(0, 24, 3)], fontsize=8.5)


def _mark(axes: Axes, hour: int, value: float, text: str, colours: Colours) -> None:
    axes.plot(hour, value, "o", color=colours[1], markersize=5.5, clip_on=False, zorder=5)
    axes.annotate(
        text, (hour, value), xytext=(0, 8), textcoords="offset points",
        ha="left" if hour < 3 else "right" if hour > 20 else "center", fontsize=8.5,
        fontweight="bold",
    )  # fmt: skip


def _title(axes: Axes, place: tuple[float, float], title: str, note: str) -> None:
    text = axes.figure.text(*place, title, fontsize=12, fontweight="bold")
    axes.annotate(
        note, (1, 0), xycoords=text, xytext=(7, 2), textcoords="offset points",
        fontsize=9.5, color=GREY,
    )  # fmt: skip


def _value_axis(axes: Axes, write: Callable[[float], str]) -> None:
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: write(value)))
    axes.tick_params(axis="y", labelsize=8.5)
    axes.grid(axis="y")


def _footnote(page: Figure, figures: Figures) -> None:
    left_out = (
        f" Trips of the file that begin outside of the month are left out: {figures.outside:,}."
        if figures.outside
        else ""
    )
    page.text(
        LEFT, 0.024, f"NYC Taxi & Limousine Commission, trip records. Times are New York's.{left_out}",
        fontsize=8, color=GREY,
    )  # fmt: skip


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _dollars(value: float, digits: int = 0) -> str:
    if digits or abs(value) < 1000:
        return f"${value:,.{digits}f}"
    if abs(value) < 1e6:
        return f"${value / 1e3:,.0f} k"
    return f"${value / 1e6:,.2f}".removesuffix(".00") + " M"


def _short(name: str, longest: int) -> str:
    return name if len(name) <= longest else name[: longest - 1].rstrip() + "…"

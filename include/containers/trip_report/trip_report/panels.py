"""The panels of the page: bars by day, the busiest zones, lines by hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trip_report.figures import SATURDAY, Figures
from trip_report.look import (
    GREY,
    INK,
    LEFT,
    Colours,
    add_title,
    count,
    dollars,
    short,
    value_axis,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

ZONES_SHOWN = 10
LONGEST_NAME = 30
TITLES = 0.368
TIPS = {
    "card_tips": ("card_fares", "card payments, on top of the bill"),
    "tips": ("fares", "on top of the bill"),
}

Span = tuple[float, float]


def days_panel(axes: Axes, colours: Colours, days: pd.DataFrame, column: str, note: str) -> None:
    """One bar per day; the highest has a label with its value."""
    each = [colours[2] if day.weekday() >= SATURDAY else colours[0] for day in days.index]
    numbers = [day.day for day in days.index]
    axes.bar(numbers, days[column], width=0.78, color=each)
    write = dollars if column == "revenue" else count
    add_title(axes, (LEFT, axes.get_position().y1 + 0.018), f"{column.capitalize()} by day", note)
    top = days[column].to_numpy().argmax()
    axes.annotate(
        write(days[column].iloc[top]), (numbers[top], days[column].iloc[top]), xytext=(0, 3),
        textcoords="offset points", ha="center", fontsize=8.5, fontweight="bold",
    )  # fmt: skip
    value_axis(axes, write)
    axes.set_xlim(0.35, len(days) + 0.65)
    axes.margins(y=0.16)
    axes.set_xticks(numbers)


def name_days(axes: Axes, days: pd.DataFrame) -> None:
    names = [f"{day.day}\n{'Mon' if day.weekday() == 0 else ''}" for day in days.index]
    axes.set_xticklabels(names, fontsize=8.5)


def zones_panel(
    page: FigureBase, span: Span, colours: Colours, zones: pd.DataFrame, trips: int
) -> None:
    axes = page.add_axes((span[0] + 0.18, 0.07, span[1] - span[0] - 0.18, 0.28))
    top = zones.head(ZONES_SHOWN).iloc[::-1]
    axes.barh(range(len(top)), top["trips"], height=0.7, color=colours[0])
    axes.set_yticks(range(len(top)), [short(name, LONGEST_NAME) for name in top["zone"]])
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
    add_title(axes, (span[0], TITLES), "Busiest zones", note)


def tips_panel(
    page: FigureBase, span: Span, colours: Colours, hours: pd.DataFrame, tips: str
) -> None:
    """Tips as a share of what was paid without them; hours without such payments are gaps."""
    axes = page.add_axes((span[0], 0.1, span[1] - span[0], 0.245))
    fares, note = TIPS[tips]
    shares = (hours[tips] / hours[fares].where(hours[fares] > 0)) * 100
    axes.plot(shares.index, shares, color=colours[1], linewidth=2.2, solid_capstyle="round")
    axes.fill_between(shares.index, shares, color=colours[2], alpha=0.45, linewidth=0)
    add_title(axes, (span[0], TITLES), "Tips by hour of pickup", note)
    value_axis(axes, lambda value: f"{value:.0f} %")
    axes.set_xlim(-0.3, 23.3)
    axes.set_ylim(0, max(shares.max() * 1.2, 1) if shares.notna().any() else 1)
    _name_hours(axes)
    if shares.notna().any():
        hour, share = int(shares.idxmax()), float(shares.max())
        _mark(axes, hour, share, f"{share:.1f} % at {hour}:00", colours)


def hours_panel(page: FigureBase, span: Span, colours: Colours, figures: Figures) -> None:
    """Trips by hour, on an average weekday and on an average weekend day."""
    axes = page.add_axes((span[0], 0.1, span[1] - span[0], 0.245))
    weekend_days = (figures.days.index.day_of_week >= SATURDAY).sum()
    week = figures.week["trips"].loc[False] / (len(figures.days) - weekend_days)
    weekend = figures.week["trips"].loc[True] / weekend_days
    busiest = max(week, weekend, key=lambda hours: hours.max())
    axes.plot(week.index, week, color=colours[1], linewidth=2.2, solid_capstyle="round")
    axes.fill_between(week.index, week, color=colours[2], alpha=0.45, linewidth=0)
    axes.plot(weekend.index, weekend, color=colours[0], linewidth=2.2, linestyle=(0, (1, 1.2)))
    add_title(axes, (span[0], TITLES), "Trips by hour of pickup", "on average; dotted: weekends")
    value_axis(axes, count)
    axes.set_xlim(-0.3, 23.3)
    axes.set_ylim(0, busiest.max() * 1.2)
    _name_hours(axes)
    hour = int(busiest.idxmax())
    _mark(axes, hour, busiest[hour], f"{count(busiest[hour])} at {hour}:00", colours)


def _name_hours(axes: Axes) -> None:
    axes.set_xticks(range(0, 24, 3), [f"{hour}:00" for hour in range(0, 24, 3)], fontsize=8.5)


def _mark(axes: Axes, hour: int, value: float, text: str, colours: Colours) -> None:
    axes.plot(hour, value, "o", color=colours[1], markersize=5.5, clip_on=False, zorder=5)
    axes.annotate(
        text, (hour, value), xytext=(0, 8), textcoords="offset points",
        ha="left" if hour < 3 else "right" if hour > 20 else "center", fontsize=8.5,
        fontweight="bold",
    )  # fmt: skip

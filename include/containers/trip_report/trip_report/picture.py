"""The month on one page: trips and revenue by day, the busiest zones, tips by hour."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import font_lato
import matplotlib as mpl
from matplotlib import font_manager
from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter, MaxNLocator

from trip_report.figures import Figures

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PAPER, INK, GREY, FAINT = "#fbfaf7", "#22252b", "#6f7580", "#e4e2dc"
COLOURS = {"yellow": ("#f0b323", "#b57f00"), "green": ("#59a869", "#2c7a3f")}
PALE = {"yellow": "#f7dc9c", "green": "#b4d6ba"}
SATURDAY = 5
ZONES_SHOWN = 10
LONGEST_NAME = 30
LEFT, TIPS, RIGHT = 0.055, 0.575, 0.965


def draw(path: Path, taxi: str, figures: Figures, zones: pd.DataFrame) -> None:
    """Write the picture as a PNG of 1,650 by 1,275 pixels."""
    for font in font_lato.font_files.values():
        font_manager.fontManager.addfont(font)
    with mpl.rc_context(_style()):
        page = plt.figure(figsize=(11, 8.5), dpi=150, facecolor=PAPER)
        _heading(page, taxi, figures, zones)
        _days(page.add_axes((LEFT, 0.63, RIGHT - LEFT, 0.17)), taxi, figures.days, "trips")
        _days(page.add_axes((LEFT, 0.445, RIGHT - LEFT, 0.12)), taxi, figures.days, "revenue")
        _zones(page.add_axes((0.235, 0.07, 0.25, 0.28)), taxi, zones)
        _tips(page.add_axes((TIPS, 0.1, RIGHT - TIPS, 0.245)), taxi, figures.hours)
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


def _heading(page: Figure, taxi: str, figures: Figures, zones: pd.DataFrame) -> None:
    first = figures.days.index[0]
    page.text(
        LEFT, 0.945, f"{taxi.capitalize()} taxis in {first:%B %Y}",
        fontsize=25, fontweight="bold", va="center",
    )  # fmt: skip
    revenue, busiest = figures.days["revenue"].sum(), figures.days["trips"].idxmax()
    facts = [
        (f"{figures.trips:,}", "trips"),
        (_dollars(revenue), "paid in all"),
        (_dollars(revenue / figures.trips, 2), "a trip"),
        (f"{busiest:%a} {busiest.day} {busiest:%b}", "busiest day"),
        (_short(zones.iloc[0]["zone"], 24), "busiest zone"),
    ]
    places = (LEFT, 0.2, 0.33, 0.445, 0.595)
    for place, (value, name) in zip(places, facts, strict=True):
        page.text(place, 0.884, value, fontsize=15, fontweight="bold", color=COLOURS[taxi][1])
        page.text(place, 0.862, name, fontsize=9.5, color=GREY)


def _days(axes: Axes, taxi: str, days: pd.DataFrame, column: str) -> None:
    """Bars a day; weekends are paler, and the highest day carries its number."""
    colours = [PALE[taxi] if day.weekday() >= SATURDAY else COLOURS[taxi][0] for day in days.index]
    numbers = [day.day for day in days.index]
    axes.bar(numbers, days[column], width=0.78, color=colours)
    write = _dollars if column == "revenue" else (lambda value: f"{value:,.0f}")
    note = "all that was paid" if column == "revenue" else "weekends are paler"
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
    if column == "trips":
        axes.set_xticklabels([])
    else:
        names = [f"{day.day}\n{'Mon' if day.weekday() == 0 else ''}" for day in days.index]
        axes.set_xticklabels(names, fontsize=8.5)


def _zones(axes: Axes, taxi: str, zones: pd.DataFrame) -> None:
    top = zones.head(ZONES_SHOWN).iloc[::-1]
    axes.barh(range(len(top)), top["trips"], height=0.7, color=COLOURS[taxi][0])
    axes.set_yticks(range(len(top)), [_short(name, LONGEST_NAME) for name in top["zone"]])
    axes.tick_params(axis="y", labelcolor=INK, pad=4)
    for place, trips in enumerate(top["trips"]):
        axes.annotate(
            f"{trips:,}", (trips, place), xytext=(4, 0), textcoords="offset points",
            va="center", fontsize=8.5, color=GREY,
        )  # fmt: skip
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.set_ylim(-0.6, len(top) - 0.4)
    share = top["trips"].sum() / zones["trips"].sum()
    _title(axes, (LEFT, 0.368), "Busiest zones", f"pickups, together {share:.0%} of all")


def _tips(axes: Axes, taxi: str, hours: pd.DataFrame) -> None:
    """A share of what was paid without the tip; hours without a card payment are gaps."""
    shares = (hours["card_tips"] / hours["card_fares"].where(hours["card_fares"] > 0)) * 100
    axes.plot(shares.index, shares, color=COLOURS[taxi][1], linewidth=2.2, solid_capstyle="round")
    axes.fill_between(shares.index, shares, color=PALE[taxi], alpha=0.45, linewidth=0)
    _title(axes, (TIPS, 0.368), "Tips by hour of pickup", "card payments, on top of the bill")
    _value_axis(axes, lambda value: f"{value:.0f} %")
    axes.set_xlim(-0.3, 23.3)
    axes.set_ylim(0, max(shares.max() * 1.2, 1) if shares.notna().any() else 1)
    axes.set_xticks(range(0, 24, 3), [f"{hour}:00" for hour in range(0, 24, 3)], fontsize=8.5)
    if shares.notna().any():
        _mark(axes, int(shares.idxmax()), float(shares.max()), taxi)


def _mark(axes: Axes, hour: int, share: float, taxi: str) -> None:
    axes.plot(hour, share, "o", color=COLOURS[taxi][1], markersize=5.5, clip_on=False, zorder=5)
    axes.annotate(
        f"{share:.1f} % at {hour}:00", (hour, share), xytext=(0, 8), textcoords="offset points",
        ha="left" if hour < 3 else "right" if hour > 20 else "center", fontsize=8.5,
        fontweight="bold",
    )  # fmt: skip


def _title(axes: Axes, place: tuple[float, float], title: str, note: str) -> None:
    text = axes.figure.text(*place, title, fontsize=12, fontweight="bold")
    axes.annotate(
        note, (1, 0), xycoords=text, xytext=(7, 2), textcoords="offset points",
        fontsize=9.5, color=GREY,
    )  # fmt: skip


def _value_axis(axes: Axes, write: object) -> None:
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: write(value)))  # type: ignore[operator]
    axes.tick_params(axis="y", labelsize=8.5)
    axes.grid(axis="y")


def _footnote(page: Figure, figures: Figures) -> None:
    left_out = (
        f" {figures.outside:,} trips of the file begin outside of the month and are left out."
        if figures.outside
        else ""
    )
    page.text(
        LEFT, 0.024, f"NYC Taxi & Limousine Commission, trip records. Times are New York's.{left_out}",
        fontsize=8, color=GREY,
    )  # fmt: skip


def _dollars(value: float, digits: int = 0) -> str:
    if digits or abs(value) < 1000:
        return f"${value:,.{digits}f}"
    if abs(value) < 1e6:
        return f"${value / 1e3:,.0f} k"
    return f"${value / 1e6:,.2f} M"


def _short(name: str, longest: int) -> str:
    return name if len(name) <= longest else name[: longest - 1].rstrip() + "…"

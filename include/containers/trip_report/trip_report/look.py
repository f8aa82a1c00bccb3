"""The style of the page: colours, fonts, titles, axes, number formats."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from matplotlib.ticker import FuncFormatter, MaxNLocator

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAPER, INK, GREY, FAINT = "#fbfaf7", "#22252b", "#6f7580", "#e4e2dc"
# For each taxi: its colour, the dark and the pale variant.
COLOURS = {
    "yellow": ("#f0b323", "#b57f00", "#f7dc9c"),
    "green": ("#59a869", "#2c7a3f", "#b4d6ba"),
    "fhv": ("#6b7787", "#3a4350", "#c0c6ce"),
    "fhvhv": ("#7a86c8", "#414f9e", "#c3c9e6"),
}
# As a share of the page's width.
LEFT, RIGHT, GAP = 0.055, 0.965, 0.045

Colours = tuple[str, str, str]


def style() -> dict[str, object]:
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


def add_title(axes: Axes, place: tuple[float, float], title: str, note: str) -> None:
    text = axes.figure.text(*place, title, fontsize=12, fontweight="bold")
    axes.annotate(
        note, (1, 0), xycoords=text, xytext=(7, 2), textcoords="offset points",
        fontsize=9.5, color=GREY,
    )  # fmt: skip


def value_axis(axes: Axes, write: Callable[[float], str]) -> None:
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: write(value)))
    axes.tick_params(axis="y", labelsize=8.5)
    axes.grid(axis="y")


def count(value: float) -> str:
    return f"{value:,.0f}"


def dollars(value: float, digits: int = 0) -> str:
    if digits or abs(value) < 1000:
        return f"${value:,.{digits}f}"
    if abs(value) < 1e6:
        return f"${value / 1e3:,.0f} k"
    return f"${value / 1e6:,.2f}".removesuffix(".00") + " M"


def short(name: str, longest: int) -> str:
    return name if len(name) <= longest else name[: longest - 1].rstrip() + "…"

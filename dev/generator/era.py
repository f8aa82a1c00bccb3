"""The parts of a file layout: an era is a list of columns and a CSV format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

Recipe = Callable[[Any], Any]

FLAGS = ("N", "Y")


@dataclass(frozen=True)
class Column:
    """``type`` is Arrow's type name. ``recipe`` makes the values: for text, indexes into ``words``.

    An ``amount`` is negated in refunds and is part of the total. A ``reported`` column is NULL in the
    rows for which TLC has only amounts. ``in_csv``: whether the course's mirror has the column.
    """

    name: str
    type: str
    recipe: Recipe
    amount: bool = False
    reported: bool = False
    in_csv: bool = True
    words: tuple[str, ...] = FLAGS

    def named(self, name: str, **changes: Any) -> Column:
        return replace(self, name=name, **changes)


@dataclass(frozen=True)
class CsvStyle:
    """``surplus``: blank fields after the header's; ``digits``: of a float; None: the shortest text."""

    end: str = "\n"
    blank_second_line: bool = False
    header_again: bool = False
    surplus: int = 0
    quoted: bool = False
    digits: int | None = None


@dataclass(frozen=True)
class Era:
    """A taxi's columns from the month ``since`` on; ``unreported``: the share of unreported rows."""

    taxi: str
    since: str
    unreported: float
    columns: tuple[Column, ...]
    style: CsvStyle = CsvStyle()

    def changed(self, since: str, *columns: Column, **types: str) -> Era:
        """The next era: columns with other types, and new columns at the end.

        A column with the same name, ignoring case, is replaced.
        """
        new = {column.name.lower(): column for column in columns}
        kept = [new.pop(old.name.lower(), old) for old in self.columns]
        typed = [replace(column, type=types.get(column.name, column.type)) for column in kept]
        return replace(self, since=since, columns=(*typed, *new.values()))

    def styled(self, since: str, style: CsvStyle) -> Era:
        """The same columns with another CSV format."""
        return replace(self, since=since, style=style)


def amount(name: str, recipe: Recipe, *, reported: bool = False, in_csv: bool = True) -> Column:
    return Column(name, "double", recipe, amount=True, reported=reported, in_csv=in_csv)

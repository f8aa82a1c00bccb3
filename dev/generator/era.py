"""What a layout of TLC's files is made of: an era is a list of columns, and how its CSV is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

Recipe = Callable[[Any], Any]

FLAGS = ("N", "Y")


@dataclass(frozen=True)
class Column:
    """``type`` is Arrow's name of it, ``recipe`` makes the values: for text, places in ``words``.

    An ``amount`` is negated in refunds and part of the total; a ``reported`` column is NULL in the
    rows of which TLC has only the money; ``in_csv``: does the course's mirror have it?
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
    """``surplus``: blank fields behind the header's; ``digits``: of a float, the shortest if None."""

    end: str = "\n"
    blank_second_line: bool = False
    header_again: bool = False
    surplus: int = 0
    quoted: bool = False
    digits: int | None = None


@dataclass(frozen=True)
class Era:
    """A taxi's columns from the month ``since`` on; ``unreported`` is a share of the rows."""

    taxi: str
    since: str
    unreported: float
    columns: tuple[Column, ...]
    style: CsvStyle = CsvStyle()

    def changed(self, since: str, *columns: Column, **types: str) -> Era:
        """The era that follows: columns of other types, and new ones at the end.

        A column that is there already under the name's lower case is replaced.
        """
        new = {column.name.lower(): column for column in columns}
        kept = [new.pop(old.name.lower(), old) for old in self.columns]
        typed = [replace(column, type=types.get(column.name, column.type)) for column in kept]
        return replace(self, since=since, columns=(*typed, *new.values()))

    def styled(self, since: str, style: CsvStyle) -> Era:
        """The same columns, written in another way."""
        return replace(self, since=since, style=style)


def amount(name: str, recipe: Recipe, *, reported: bool = False, in_csv: bool = True) -> Column:
    return Column(name, "double", recipe, amount=True, reported=reported, in_csv=in_csv)

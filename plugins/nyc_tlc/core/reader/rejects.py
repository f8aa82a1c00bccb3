"""Rows that cannot be read: each is kept unchanged, with a reason; no value is guessed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from nyc_tlc.core.catalog import Taxi
from nyc_tlc.core.contract.model import ColumnType
from nyc_tlc.core.errors import ContractError
from nyc_tlc.core.reader.casts import MOST_TEXT
from nyc_tlc.core.reader.layout import Layout

NAMED_REJECTS = 5
# A limit, so that a completely wrong file is not copied into tlc_reject.
MOST_KEPT = 10_000
SHOWN_VALUE = 60

EXPECTED = {
    ColumnType.INTEGER: "not a whole number between -2147483648 and 2147483647",
    ColumnType.FLOAT: "not a finite number that double precision holds without rounding",
    ColumnType.TIMESTAMP: (
        "not a time (YYYY-MM-DD HH:MM:SS, of the years 0001 to 9999, to the microsecond, without a zone)"
    ),
    ColumnType.TEXT: f"not text that a warehouse can hold (UTF-8 without NUL, to {MOST_TEXT:,} characters)",
}


@dataclass(frozen=True)
class Reject:
    """One row of a file, and the first part of it that cannot be read.

    ``line`` is the line number in a CSV file, or the row number in a Parquet file, both from 1. ``raw``
    is the whole line without its line end, or the row as JSON. ``column`` and ``value`` are None if
    the line itself is damaged. ``continues``: the line before it is the start of the same row.
    """

    line: int
    column: str | None
    value: str | None
    reason: str
    raw: str
    continues: bool = False

    @property
    def texts(self) -> tuple[str | None, ...]:
        """Column, value, reason and raw, without NUL: some warehouses cannot store it."""
        given = (self.column, self.value, self.reason, self.raw)
        return tuple(text and text.replace("\0", "\\x00") for text in given)

    def __str__(self) -> str:
        if self.column is None:
            return f"line {self.line:,} {self.reason}: {_shown(self.raw)}"
        return f"line {self.line:,} has {self.column} = {_shown(self.value)}, {self.reason}"


class BadRows:
    """Passes rejects on and counts the rows they are of: a row broken by a line end is two rejects."""

    def __init__(self, rejects: Iterable[Reject]) -> None:
        self._rejects = rejects
        self.count = 0

    def __iter__(self) -> Iterator[Reject]:
        for reject in self._rejects:
            self.count += not reject.continues
            yield reject


def unreadable_value(
    layout: Layout, names: Sequence[str], place: int, line: int, values: Sequence[Any], raw: str
) -> Reject:
    """The reject of a row whose value for ``layout.columns[place]`` cannot be read.

    ``names`` and ``values`` are those of the file's columns, in the file's order.
    """
    column = layout.columns[place]
    first, *others = layout.positions[column.name]
    reason = EXPECTED[column.type]
    if others:
        reason += "".join(f", or different from {names[i]} = {values[i]!r}" for i in others)
    value = None if values[first] is None else str(values[first])
    return Reject(line, names[first], value, reason, raw)


def contract_error(name: str, taxi: Taxi, rejects: Iterable[Reject]) -> ContractError:
    """The error for a file with unreadable rows; it names the first few of them."""
    named = [str(reject) for reject in islice(rejects, NAMED_REJECTS)]
    return ContractError(
        f"{name} has rows that cannot be read: {'; '.join(named)}. Nothing was loaded. Expected "
        f"types are in contract/{taxi}.toml; if the file is damaged, download it again with force."
    )


def too_many(error: Exception, rejected: int, most: int, where: str) -> ContractError:
    """``error`` with the number of unreadable rows added; ``where`` is the table that has them all."""
    return ContractError(
        f"{error} Unreadable rows in total: {rejected:,}, tolerated: {most:,}. They are in {where}, "
        f"each with its line and reason. To load the month without them, set max_rejects to {rejected} "
        "(in the form: Unreadable rows to tolerate; for airflow tlc load: --max-rejects)."
    )


def _shown(value: str | None) -> str:
    if value is None or len(value) <= SHOWN_VALUE:
        return repr(value)
    return f"{value[:SHOWN_VALUE]!r}… ({len(value):,} characters)"

"""A row of a file that cannot be read: never dropped or guessed at, but kept unchanged with a reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from nyc_tlc.core.catalog import Taxi
from nyc_tlc.core.contract.model import ColumnType
from nyc_tlc.core.errors import ContractError
from nyc_tlc.core.reader.layout import Layout

NAMED_REJECTS = 5
# A file that is wrong from end to end is not copied into tlc_reject as a whole.
MOST_KEPT = 10_000
SHOWN_VALUE = 60

EXPECTED = {
    ColumnType.INTEGER: "not a whole number between -2147483648 and 2147483647",
    ColumnType.FLOAT: "not a finite number",
    ColumnType.TIMESTAMP: "not a time (YYYY-MM-DD HH:MM:SS, to the microsecond, without a zone)",
    ColumnType.TEXT: "not text that a warehouse can hold (UTF-8 without NUL)",
}


@dataclass(frozen=True)
class Reject:
    """One row of a file, and the first thing about it that cannot be read.

    ``line`` is the physical line of a CSV file, or the row of a Parquet file, both from 1. ``raw``
    is the whole line without its end, or the row as JSON. ``column`` and ``value`` are None where
    the line itself is at fault.
    """

    line: int
    column: str | None
    value: str | None
    reason: str
    raw: str

    @property
    def texts(self) -> tuple[str | None, ...]:
        """Column, value, reason and raw, as every warehouse can hold them: with no NUL."""
        given = (self.column, self.value, self.reason, self.raw)
        return tuple(text and text.replace("\0", "\\x00") for text in given)

    def __str__(self) -> str:
        if self.column is None:
            return f"line {self.line:,} {self.reason}: {_shown(self.raw)}"
        return f"line {self.line:,} has {self.column} = {_shown(self.value)}, {self.reason}"


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
        reason += "".join(f", or unlike {names[i]} = {values[i]!r}" for i in others)
    value = None if values[first] is None else str(values[first])
    return Reject(line, names[first], value, reason, raw)


def contract_error(name: str, taxi: Taxi, rejects: Iterable[Reject]) -> ContractError:
    """The error of a file some of whose rows cannot be read, naming the first few."""
    named = [str(reject) for reject in islice(rejects, NAMED_REJECTS)]
    return ContractError(
        f"{name} has rows that cannot be read: {'; '.join(named)}. Nothing was loaded. Expected "
        f"types are in contract/{taxi}.toml; if the file is damaged, download it again with force."
    )


def too_many(error: Exception, rejected: int, most: int, where: str) -> ContractError:
    """``error`` with the count that was not admitted; ``where`` is the table of all rejects."""
    return ContractError(
        f"{error} Unreadable rows in total: {rejected:,}, tolerated: {most:,} (max_rejects). They are "
        f"in {where}, each with its line and reason."
    )


def _shown(value: str | None) -> str:
    if value is None or len(value) <= SHOWN_VALUE:
        return repr(value)
    return f"{value[:SHOWN_VALUE]!r}… ({len(value):,} characters)"

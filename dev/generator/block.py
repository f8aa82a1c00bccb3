"""A block: consecutive rows of a file, few enough to hold in memory."""

from __future__ import annotations

import zlib
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from dev.generator.era import Column, Era

Array = np.ndarray[Any, Any]

REFUND_SHARE = 1 / 400


class Block:
    """Rows ``first`` to ``first + rows`` of a file of ``file_rows``.

    ``block[recipe]`` has the values of a recipe, made once; a recipe may use another recipe's values.
    Each recipe has its own random numbers, so a column does not depend on the other columns.
    """

    def __init__(
        self, era: Era, month: str, *, first: int, rows: int, file_rows: int, seed: int
    ) -> None:
        self.era, self.rows = era, rows
        self.month = np.datetime64(month, "M")
        self.first, self._file_rows, self._seed = first, file_rows, seed
        self._salt = f"{era.taxi} {month} ".encode()
        self._made: dict[Callable[[Block], Array], Array] = {}

    def __getitem__(self, recipe: Callable[[Block], Array]) -> Array:
        if recipe not in self._made:
            self._made[recipe] = recipe(self)
        return self._made[recipe]

    def random(self, name: str) -> np.random.Generator:
        return np.random.default_rng(
            [self._seed, self.first, zlib.crc32(self._salt + name.encode())]
        )

    def some(self, name: str, share: float) -> Array:
        """Positions of a share of the rows, at least one."""
        count = min(self.rows, max(1, round(self.rows * share)))
        return self.random(name).choice(self.rows, count, replace=False)

    @cached_property
    def unreported(self) -> Array:
        """The rows without the values that drivers report; they are the last rows of a file."""
        return self._position >= 1 - self.era.unreported

    @property
    def progress(self) -> Array:
        """Each row's time within the month, from 0 to 1; the unreported rows start again at 0."""
        share = self.era.unreported
        late = (self._position - (1 - share)) / (share or 1)
        return np.where(self.unreported, late, self._position / (1 - share))

    @cached_property
    def refunds(self) -> Array:
        """Refunds: rows that repeat the trip of the row before them, with negated amounts."""
        count = round(self.rows * REFUND_SHARE)
        places = self.random("refunds").choice(self.rows // 2, count, replace=False)
        return places * 2 + 1

    def values(self, column: Column) -> Array:
        """A column's values for the file, including refunds."""
        values = self[column.recipe].copy()
        refunded = values[self.refunds - 1]
        values[self.refunds] = 0.0 - refunded if column.amount else refunded
        return values

    def blanks(self, column: Column) -> Array | None:
        """A mask of a column's NULLs; None if it has none."""
        if not column.reported:
            return None
        blanks = self.unreported.copy()
        blanks[self.refunds] = blanks[self.refunds - 1]
        return blanks

    @cached_property
    def _position(self) -> Array:
        return np.arange(self.first, self.first + self.rows) / max(self._file_rows, 1)

"""The contract of a taxi: the columns of its trips table, and their names in the files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from nyc_tlc.core.catalog import Taxi
from nyc_tlc.core.errors import ContractError

MOST_COLUMNS = (
    52  # each column needs a letter in the text of unique_row_id, see reader/fingerprint.py
)


class ColumnType(StrEnum):
    """The types of canonical columns; each warehouse has its own names for them."""

    INTEGER = "integer"
    FLOAT = "float"
    TEXT = "text"
    TIMESTAMP = "timestamp"


@dataclass(frozen=True)
class Column:
    """One canonical column.

    ``words`` maps the words of old files (``CASH``, here in lower case) to today's codes. The
    original word goes to ``word_column``. That column is ``derived``: no file has it.
    """

    name: str
    type: ColumnType
    description: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    unit: str | None = None
    since: str | None = None
    until: str | None = None
    words: Mapping[str, int] = field(default_factory=dict)
    word_column: str | None = None
    derived: bool = False

    @classmethod
    def from_toml(cls, entry: dict[str, Any]) -> Column:
        known = {**entry, "type": ColumnType(entry["type"])}
        return cls(**{**known, "aliases": tuple(entry.get("aliases", ()))})

    @property
    def comment(self) -> str:
        """The description with its unit, as warehouses show it."""
        return f"{self.description} [{self.unit}]" if self.unit else self.description


@dataclass(frozen=True)
class Contract:
    """A taxi's columns in table order; ``pickup`` to ``revenue`` name the columns with a role.

    ``revenue``: the columns that add up to what passengers paid.
    """

    taxi: Taxi
    description: str
    columns: tuple[Column, ...]
    pickup: str
    total: str | None = None
    vendor: str | None = None
    distance: str | None = None
    tip: str | None = None
    revenue: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


@cache
def load_contract(taxi: Taxi) -> Contract:
    """Read a taxi's contract from its ``.toml`` file."""
    text = files("nyc_tlc.core.contract").joinpath(f"{taxi}.toml").read_text(encoding="utf-8")
    return parse_contract(text)


def parse_contract(text: str) -> Contract:
    """Read a contract from TOML text."""
    entry = tomllib.loads(text)
    if len(entry["column"]) > MOST_COLUMNS:
        raise ContractError(
            f"The contract of {entry['taxi']} has {len(entry['column'])} columns. Expected at most "
            f"{MOST_COLUMNS}: unique_row_id has no more letters. First add a new version of the hashed "
            "text to reader/fingerprint.py."
        )
    return Contract(
        taxi=Taxi(entry["taxi"]),
        description=entry["description"],
        columns=tuple(Column.from_toml(column) for column in entry["column"]),
        ignored=tuple(entry.get("ignored", ())),
        **{**entry["roles"], "revenue": tuple(entry["roles"].get("revenue", ()))},
    )

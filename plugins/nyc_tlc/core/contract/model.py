"""The contract of a taxi: the columns of its trips table, and their names in the files."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from nyc_tlc.core.catalog import Month, Taxi
from nyc_tlc.core.errors import ContractError, MonthError

ROLES = ("total", "vendor", "distance", "tip", "revenue")
MOST_COLUMNS = 52  # each has a letter in the text of unique_row_id, see reader/fingerprint.py


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

    def ended_before(self, month: Month) -> set[str]:
        """The columns that TLC had given up by then: every row of the month has NULL there."""
        return {each.name for each in self.columns if each.until and each.until < str(month)}


@cache
def load_contract(taxi: Taxi) -> Contract:
    """Read a taxi's contract from its ``.toml`` file."""
    text = files("nyc_tlc.core.contract").joinpath(f"{taxi}.toml").read_text(encoding="utf-8")
    return parse_contract(text, f"core/contract/{taxi}.toml")


def parse_contract(text: str, source: str) -> Contract:
    """Read a contract from TOML text; raises ContractError that names ``source`` and the key."""
    try:
        entry = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ContractError(f"{source} is not TOML: {error}.") from error
    _check_keys(entry, ("taxi", "description", "roles", "column"), ("ignored",), source)
    _check_keys(entry["roles"], ("pickup",), ROLES, f"{source}, [roles]")
    _check_choice(entry, "taxi", list(Taxi), source)
    if len(entry["column"]) > MOST_COLUMNS:
        raise ContractError(
            f"The contract of {entry['taxi']} has {len(entry['column'])} columns. Expected at most "
            f"{MOST_COLUMNS}: unique_row_id has no more letters. First add a new version of the hashed "
            "text to reader/fingerprint.py."
        )
    columns = tuple(_column(column, source) for column in entry["column"])
    _check_names(columns, source)
    return Contract(
        taxi=Taxi(entry["taxi"]),
        description=entry["description"],
        columns=columns,
        ignored=tuple(entry.get("ignored", ())),
        **{**entry["roles"], "revenue": tuple(entry["roles"].get("revenue", ()))},
    )


def _column(entry: dict[str, Any], source: str) -> Column:
    place = f"{source}, column {entry.get('name', '(without a name)')}"
    required = ("name", "type", "description")
    _check_keys(entry, required, {key.name for key in fields(Column)} - {*required}, place)
    _check_choice(entry, "type", list(ColumnType), place)
    for key in ("since", "until"):
        try:
            Month.parse(str(entry.get(key, "2009-01")))
        except MonthError as error:
            raise ContractError(f"{place}: {key}: {error}") from error
    aliases = tuple(entry.get("aliases", ()))
    for name in (entry["name"], *aliases):
        if name != name.lower().strip():
            raise ContractError(
                f"{place}: the name {name!r} has capital letters or blanks. Expected "
                f"{name.lower().strip()!r}: files are matched whatever their case."
            )
    return Column(**{**entry, "type": ColumnType(entry["type"]), "aliases": aliases})


def _check_keys(
    entry: Mapping[str, Any], required: Collection[str], optional: Collection[str], place: str
) -> None:
    allowed = f"Required: {', '.join(required)}. Optional: {', '.join(sorted(optional))}."
    if missing := [key for key in required if key not in entry]:
        raise ContractError(f"{place}: {', '.join(missing)} is missing. {allowed}")
    if unknown := [key for key in entry if key not in {*required, *optional}]:
        raise ContractError(f"{place}: {', '.join(unknown)} is not a key. {allowed}")


def _check_choice(entry: Mapping[str, Any], key: str, choices: list[StrEnum], place: str) -> None:
    if entry[key] not in choices:
        raise ContractError(f"{place}: {key} is {entry[key]!r}. Allowed: {', '.join(choices)}.")


def _check_names(columns: tuple[Column, ...], source: str) -> None:
    """No name is a column's own twice, nor another's alias; a derived one is no name of a file."""
    taken = Counter(name for c in columns for name in {c.name} | set(c.aliases) if not c.derived)
    taken.update(c.name for c in columns if c.derived and c.name not in taken)
    if twice := [name for name, times in taken.items() if times > 1]:
        raise ContractError(
            f"{source}: {', '.join(twice)} stands there twice. A name or alias belongs to one column."
        )

"""Which column of a file is which column of the contract."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nyc_tlc.core.contract.model import Contract
from nyc_tlc.core.errors import ContractError

MOST_COLUMNS = 1000


@dataclass(frozen=True)
class ColumnMatch:
    """``positions`` maps a canonical name to its columns in the file (from 0), best match first."""

    positions: Mapping[str, tuple[int, ...]]
    unknown: tuple[str, ...]
    fingerprint: str


def match_columns(contract: Contract, header: Sequence[str]) -> ColumnMatch:
    """Match a file's column names; upper and lower case and surrounding spaces do not matter.

    Raises ContractError if a required column is missing; it names the most similar unknown column.
    """
    if len(header) > MOST_COLUMNS:
        raise ContractError(
            f"The file has {len(header):,} columns. Expected at most {MOST_COLUMNS:,}: the TLC's files have "
            "about 20. It is not a trip file, or it is damaged."
        )
    names = [normalize(name) for name in header]
    wanted = {
        column.name: (*column.aliases, column.name)
        for column in contract.columns
        if not column.derived
    }
    positions = {
        canonical: found
        for canonical, known in wanted.items()
        if (found := tuple(i for name in known for i in _positions(names, name)))
    }
    matched = {i for found in positions.values() for i in found}
    unknown = tuple(
        name for i, name in enumerate(names) if i not in matched and name not in contract.ignored
    )
    _refuse_missing(contract, positions, unknown, header)
    return ColumnMatch(positions, unknown, _fingerprint(names))


def normalize(name: str) -> str:
    return name.strip().strip('"').strip().lower()


def _positions(names: Sequence[str], wanted: str) -> list[int]:
    return [i for i, name in enumerate(names) if name == wanted]


def _fingerprint(names: Sequence[str]) -> str:
    """Identifies a layout of columns in the ledger."""
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]


def _refuse_missing(
    contract: Contract,
    positions: Mapping[str, tuple[int, ...]],
    unknown: Sequence[str],
    header: Sequence[str],
) -> None:
    missing = [c.name for c in contract.columns if c.required and c.name not in positions]
    if not missing:
        return
    nearest = {name: difflib.get_close_matches(name, unknown, n=1) for name in missing}
    named = ", ".join(
        f"{name} (nearest in the file: {near[0]})" if near else name
        for name, near in nearest.items()
    )
    raise ContractError(
        f"Required {contract.taxi} columns are missing: {named}. "
        f"The file has: {', '.join(header) or 'no columns'}. Unknown among them: "
        f"{', '.join(unknown) or 'none'}. If TLC renamed a column, add the new name to its "
        f"aliases in contract/{contract.taxi}.toml."
    )

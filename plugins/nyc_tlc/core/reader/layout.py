"""How a file's columns become the contract's: a cast for each canonical column the file has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nyc_tlc.core.contract.matching import ColumnMatch
from nyc_tlc.core.contract.model import Column, Contract
from nyc_tlc.core.errors import ContractError
from nyc_tlc.core.reader.casts import Cast, cast_to, code_of, merge, word_of
from nyc_tlc.core.reader.fingerprint import fingerprint_sql

TEXT = "VARCHAR"


@dataclass(frozen=True)
class Layout:
    """SQL over a source whose columns are c0, c1, … in the file's order.

    ``columns`` are those of the contract that the file has, in the contract's order.
    """

    contract: Contract
    columns: tuple[Column, ...]
    casts: Mapping[str, Cast]
    positions: Mapping[str, tuple[int, ...]]

    @classmethod
    def of(cls, contract: Contract, match: ColumnMatch, types: Sequence[str]) -> Layout:
        """``types`` has DuckDB's type name for each column of the file."""
        casts = dict(_casts(contract, match, types))
        columns = tuple(column for column in contract.columns if column.name in casts)
        return cls(contract, columns, casts, match.positions)

    @property
    def known(self) -> frozenset[int]:
        """The file's columns that the contract knows, from 0."""
        return frozenset(i for found in self.positions.values() for i in found)

    @property
    def values(self) -> str:
        """Every canonical value; a value that cannot be read stops the query."""
        return self._named({name: cast.value for name, cast in self.casts.items()})

    @property
    def readable_values(self) -> str:
        """The same without the tests; use it with ``WHERE`` :attr:`readable`."""
        return self._named({name: cast.cheap for name, cast in self.casts.items()})

    @property
    def fingerprint(self) -> str:
        """The ``unique_row_id`` of a row, in DuckDB SQL."""
        return fingerprint_sql(self.contract, {name: c.cheap for name, c in self.casts.items()})

    @property
    def readable(self) -> str:
        """The condition that every value of a row can be read."""
        return " AND ".join(test for _, test in self._tests()) or "true"

    @property
    def first_unreadable(self) -> str:
        """The index in ``columns`` of a row's first value that cannot be read."""
        cases = [f"WHEN NOT {test} THEN {place:d}" for place, test in self._tests()]
        return f"CASE {' '.join(cases)} END" if cases else "CAST(NULL AS INTEGER)"

    def _tests(self) -> Iterator[tuple[int, str]]:
        for place, column in enumerate(self.columns):
            if test := self.casts[column.name].readable:
                yield place, test

    def _named(self, values: Mapping[str, str]) -> str:
        return ", ".join(f"{values[column.name]} AS {column.name}" for column in self.columns)


def _casts(
    contract: Contract, match: ColumnMatch, types: Sequence[str]
) -> Iterator[tuple[str, Cast]]:
    """A column of type NULL has no values, so it is left out."""
    for column in contract.columns:
        sources = [(types[i], f"c{i}") for i in match.positions.get(column.name, ())]
        sources = [(kind, expr) for kind, expr in sources if kind.strip('"') != "NULL"]
        if not sources:
            continue
        codes = merge([_cast(column, source) for source in sources])
        texts = [expr for kind, expr in sources if kind == TEXT] if column.words else []
        if not texts:
            yield column.name, codes
            continue
        assert column.word_column is not None
        words = merge([word_of(expr) for expr in texts])
        yield column.name, _tested_too(codes, words)
        yield column.word_column, Cast(words.value, None, words.cheap)


def _tested_too(codes: Cast, words: Cast) -> Cast:
    """No column of a file has a word column's name, so an unreadable word counts as its code's."""
    tests = [cast.readable for cast in (codes, words) if cast.readable]
    return Cast(codes.value, f"({' AND '.join(tests)})" if tests else None, codes.cheap)


def _cast(column: Column, source: tuple[str, str]) -> Cast:
    kind, expr = source
    if column.words and kind == TEXT:
        return code_of(column.words, expr)
    try:
        return cast_to(column.type, kind, expr)
    except ContractError as error:
        raise ContractError(f"{column.name}: {error}") from error

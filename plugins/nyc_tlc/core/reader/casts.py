"""How a file's value becomes a canonical value: DuckDB SQL for each pair of types.

Every cast has a value expression, which fails for an unreadable value, and a test that says whether
the value is readable. Nothing is rounded, shifted or guessed, even where DuckDB would do so:

- 1.5, 3000000000 and NaN are not integers; 2.0 and 1e2 are
- the texts ``nan``, ``inf``, ``1e400`` and ``1_000`` are not numbers
- 24:00:00, a time with a time zone and a time finer than microseconds are not timestamps; a date
  without a time means midnight
- spaces around a number or a timestamp are ignored; a value of spaces only is NULL
- text is kept as it is, including spaces; an empty field of a CSV file is NULL
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from nyc_tlc.core.contract.model import ColumnType
from nyc_tlc.core.errors import ContractError

INTEGERS = frozenset(
    [
        "BOOLEAN",
        "TINYINT",
        "SMALLINT",
        "INTEGER",
        "BIGINT",
        "UTINYINT",
        "USMALLINT",
        "UINTEGER",
        "UBIGINT",
    ]
)
FLOATS = frozenset(("DOUBLE", "FLOAT", "DECIMAL"))
TIME = r"\d{4}-\d\d-\d\d([ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?)?"


@dataclass(frozen=True)
class Cast:
    """``value`` fails if ``readable`` is false; ``readable`` is None if every value can be read.

    ``cheap`` is the same value without the test. It is for queries that already filter or test by
    ``readable``.
    """

    value: str
    readable: str | None = None
    cheap: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "cheap", self.cheap or self.value)


def cast_to(target: ColumnType, source_type: str, expr: str) -> Cast:
    """The cast of ``expr``, of a DuckDB type, to a canonical type."""
    return _CASTS[target](source_type.upper().split("(")[0], expr)


def merge(casts: Sequence[Cast]) -> Cast:
    """Merge several columns into one (fhv of 2018 has duplicates): the first value that is not NULL.

    Values that differ are unreadable.
    """
    if len(casts) == 1:
        return casts[0]
    tests = [cast.readable for cast in casts if cast.readable]
    tests += [f"coalesce({casts[0].cheap} = {other.cheap}, true)" for other in casts[1:]]
    return _checked(
        f"({' AND '.join(tests)})", f"coalesce({', '.join(cast.cheap for cast in casts)})"
    )


def code_of(words: Mapping[str, int], expr: str) -> Cast:
    """A text as an integer: its number, or the code of its word; NULL for a word without a code."""
    number = _number(expr)
    whole = f"({number} = trunc({number}) AND {number} BETWEEN -2147483648 AND 2147483647)"
    known = " ".join(f"WHEN {_literal(word)} THEN {code:d}" for word, code in words.items())
    code = f"CASE lower(trim({expr})) {known} END"
    readable = f"coalesce({whole}, true)"
    value = f"CASE WHEN {readable} THEN coalesce({number}::INTEGER, {code}) ELSE {_STOP} END"
    return Cast(value, readable, cheap=f"coalesce({number}::INTEGER, {code})")


def word_of(expr: str) -> Cast:
    """The text itself if it is not a number, else NULL."""
    return Cast(f"CASE WHEN {_number(expr)} IS NULL THEN {expr} END")


def _to_integer(source: str, expr: str) -> Cast:
    if source == "INTEGER":
        return Cast(expr)
    if source in INTEGERS:
        readable = f"({expr} IS NULL OR try_cast({expr} AS INTEGER) IS NOT NULL)"
        return Cast(f"{expr}::INTEGER", readable, cheap=expr)
    if source in FLOATS:
        return _whole(expr, expr)
    if source == "VARCHAR":
        return _whole(_blank_is_null(expr), _number(expr))
    raise _no_cast(source, ColumnType.INTEGER)


def _whole(expr: str, number: str) -> Cast:
    """A whole number that fits into an integer; anything else stops the query with an error."""
    fits = f"{number} = trunc({number}) AND {number} BETWEEN -2147483648 AND 2147483647"
    readable = f"({expr} IS NULL OR coalesce({fits}, false))"
    cheap = f"{number}::INTEGER"
    value = f"CASE WHEN {fits} THEN {cheap} WHEN {expr} IS NOT NULL THEN {_STOP} END"
    return Cast(value, readable, cheap)


def _to_float(source: str, expr: str) -> Cast:
    if source == "DOUBLE":
        return Cast(expr)
    if source in (INTEGERS | FLOATS) - {"BOOLEAN"}:
        return Cast(f"{expr}::DOUBLE")
    if source == "VARCHAR":
        text, number = _blank_is_null(expr), _number(expr)
        return _checked(f"({text} IS NULL OR coalesce(isfinite({number}), false))", number)
    raise _no_cast(source, ColumnType.FLOAT)


def _number(expr: str) -> str:
    """DuckDB reads 1_000 as 1000; we do not accept it as a number."""
    return f"try_cast(CASE WHEN contains({expr}, '_') THEN 'x' ELSE trim({expr}) END AS DOUBLE)"


def _to_text(source: str, expr: str) -> Cast:
    """A whole number in a float column becomes ``1``, as in the CSV file, not ``1.0``."""
    if source == "VARCHAR":
        return _checked(f"coalesce(NOT contains({expr}, chr(0)), true)", expr)
    if source in FLOATS:
        return Cast(f"regexp_replace({expr}::VARCHAR, '\\.0+$', '')")
    if source == "BLOB":
        readable = f"({expr} IS NULL OR try(decode({expr})) IS NOT NULL)"
        return Cast(f"decode({expr})", readable)
    return Cast(f"{expr}::VARCHAR")


def _to_timestamp(source: str, expr: str) -> Cast:
    if source == "TIMESTAMP":
        return Cast(expr)
    if source in ("TIMESTAMP_MS", "TIMESTAMP_S", "DATE"):
        return Cast(f"{expr}::TIMESTAMP")
    if source == "TIMESTAMP_NS":
        return _checked(f"coalesce(epoch_ns({expr}) % 1000 = 0, true)", f"{expr}::TIMESTAMP")
    if source == "VARCHAR":
        return _text_to_timestamp(_blank_is_null(expr))
    raise _no_cast(source, ColumnType.TIMESTAMP)


def _text_to_timestamp(text: str) -> Cast:
    matches = f"regexp_full_match({text}, '{TIME}')"
    readable = f"({text} IS NULL OR ({matches} AND try_cast({text} AS TIMESTAMP) IS NOT NULL))"
    return _checked(readable, f"{text}::TIMESTAMP")


def _checked(readable: str, value: str) -> Cast:
    return Cast(f"CASE WHEN {readable} THEN {value} ELSE {_STOP} END", readable, cheap=value)


def _blank_is_null(expr: str) -> str:
    return f"nullif(trim({expr}), '')"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _no_cast(source: str, target: ColumnType) -> ContractError:
    return ContractError(
        f"A column of type {source} cannot be read as {target}. Expected a number, text or a "
        "timestamp without a zone. If TLC changed the column's type, add the cast in reader/casts.py."
    )


_STOP = "error('unreadable')"

_CASTS: dict[ColumnType, Callable[[str, str], Cast]] = {
    ColumnType.INTEGER: _to_integer,
    ColumnType.FLOAT: _to_float,
    ColumnType.TEXT: _to_text,
    ColumnType.TIMESTAMP: _to_timestamp,
}

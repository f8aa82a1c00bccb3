"""How a file's value becomes a canonical value: DuckDB SQL for each pair of types.

Every cast has a value expression, which fails for an unreadable value, and a test that says whether
the value is readable. Nothing is rounded, shifted or guessed, even where DuckDB would do so:

- 1.5, 3000000000 and NaN are not integers; 2.0 and 1e2 are
- NaN and infinity are not amounts, in whatever type they are stored
- the texts ``nan``, ``inf``, ``1e400``, ``+-5`` and ``1_000`` are not numbers
- 9007199254740993 is not an amount: double precision has no such whole number. A number with an exponent
  or below 2^53 becomes the nearest double, as everywhere
- 24:00:00, a time with a time zone, a time finer than microseconds and a time outside the years 0001 to
  9999 are not timestamps; a date without a time means midnight
- spaces around a number or a timestamp are ignored, tabs and other white space are not; a value of spaces
  only is NULL
- text is kept as it is, including spaces; an empty field of a CSV file is NULL. Text with NUL or over
  MOST_TEXT characters is unreadable; a column of lists, structs or times is not text
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
FLOATS = frozenset(("DOUBLE", "FLOAT"))
NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
WHOLE_NUMBER = r"([+-]?)0*(\d+?)(\.0*)?"
# From here on, double precision has no longer every whole number.
EXACT_TO = 2**53
# In characters. It bounds a batch's memory: a Parquet file can repeat one long text for a million rows.
MOST_TEXT = 1000
FIRST_TIME, LAST_TIME = "0001-01-01", "9999-12-31 23:59:59.999999"
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
    source = "LIST" if source_type.endswith("]") else source_type.upper().split("(")[0]
    return _CASTS[target](source, expr)


def merge(casts: Sequence[Cast]) -> Cast:
    """Merge several columns into one (fhv of 2018 has duplicates): the first value that is not NULL.

    Values that differ are unreadable.
    """
    if len(casts) == 1:
        return casts[0]
    value = f"coalesce({', '.join(cast.cheap for cast in casts)})"
    tests = [cast.readable for cast in casts if cast.readable]
    tests += [f"coalesce({value} = {cast.cheap}, true)" for cast in casts[1:]]
    return _checked(f"({' AND '.join(tests)})", value)


def code_of(words: Mapping[str, int], expr: str) -> Cast:
    """A text as an integer: its number, or the code of its word; NULL for a word without a code."""
    known = " ".join(f"WHEN {_literal(word)} THEN {code:d}" for word, code in words.items())
    code = f"CASE lower(trim({expr}, ' ')) {known} END"
    is_whole = f"coalesce({_is_whole(_number(expr))}, false)"
    readable = f"({expr} IS NULL OR NOT {_is_number(expr)} OR {is_whole})"
    return _checked(readable, f"coalesce(try_cast({_number(expr)} AS INTEGER), {code})")


def word_of(expr: str) -> Cast:
    """The text itself if it is not a number, else NULL."""
    text = _to_text("VARCHAR", expr)
    return _checked(str(text.readable), f"CASE WHEN NOT {_is_number(expr)} THEN {expr} END")


def _to_integer(source: str, expr: str) -> Cast:
    if source == "INTEGER":
        return Cast(expr)
    if source in INTEGERS:
        readable = f"({expr} IS NULL OR try_cast({expr} AS INTEGER) IS NOT NULL)"
        return Cast(f"{expr}::INTEGER", readable, cheap=f"try_cast({expr} AS INTEGER)")
    if source in FLOATS or source == "DECIMAL":
        return _whole(expr, expr)
    if source == "VARCHAR":
        return _whole(_blank_is_null(expr), _number(expr))
    raise _no_cast(source, ColumnType.INTEGER)


def _whole(expr: str, number: str) -> Cast:
    """A whole number that fits into an integer; anything else stops the query with an error."""
    fits = _is_whole(number)
    readable = f"({expr} IS NULL OR coalesce({fits}, false))"
    cheap = f"try_cast({number} AS INTEGER)"
    value = f"CASE WHEN {fits} THEN {cheap} WHEN {expr} IS NOT NULL THEN {_STOP} END"
    return Cast(value, readable, cheap)


def _is_whole(number: str) -> str:
    return f"({number} = trunc({number}) AND {number} BETWEEN -2147483648 AND 2147483647)"


def _to_float(source: str, expr: str) -> Cast:
    if source in FLOATS:
        return _checked(f"coalesce(isfinite({expr}), true)", f"{expr}::DOUBLE")
    if source == "DECIMAL" or source in INTEGERS - {"BOOLEAN"}:
        exact = _is_exact(f"{expr}::VARCHAR", f"{expr}::DOUBLE")
        return _checked(f"coalesce({exact}, true)", f"{expr}::DOUBLE")
    if source == "VARCHAR":
        text, number = _blank_is_null(expr), _number(expr)
        finite = (
            f"isfinite({number}) AND (contains(lower({text}), 'e') OR {_is_exact(text, number)})"
        )
        return _checked(f"({text} IS NULL OR coalesce({finite}, false))", number)
    raise _no_cast(source, ColumnType.FLOAT)


def _is_exact(digits: str, number: str) -> str:
    """Whether a double is the number that is written in digits, if it is too large for a fraction."""
    given = f"regexp_replace({digits}, '^{WHOLE_NUMBER}$', '\\1\\2')"
    return (
        f"(abs({number}) < {EXACT_TO} OR format('{{:.0f}}', {number}) = replace({given}, '+', ''))"
    )


def _is_number(expr: str) -> str:
    return f"regexp_full_match(trim({expr}, ' '), '{NUMBER}')"


def _number(expr: str) -> str:
    """DuckDB reads also inf, 1_000 and +-5; we do not accept them as numbers."""
    return f"CASE WHEN {_is_number(expr)} THEN try_cast(trim({expr}, ' ') AS DOUBLE) END"


def _to_text(source: str, expr: str) -> Cast:
    if source == "VARCHAR":
        storable = f"NOT contains({expr}, chr(0)) AND length({expr}) <= {MOST_TEXT}"
        return _checked(f"coalesce({storable}, true)", expr)
    if source == "BLOB":
        text = _to_text("VARCHAR", f"try(decode({expr}))")
        readable = f"({expr} IS NULL OR (try(decode({expr})) IS NOT NULL AND {text.readable}))"
        return _checked(readable, f"try(decode({expr}))")
    if source in FLOATS:
        return _float_to_text(f"{expr}::DOUBLE")
    if source in INTEGERS or source == "DECIMAL":
        return Cast(f"regexp_replace({expr}::VARCHAR, '\\.0+$', '')")
    raise _no_cast(source, ColumnType.TEXT)


def _float_to_text(number: str) -> Cast:
    """A whole number in a float column becomes ``1``, as in the CSV file, not ``1.0``."""
    readable = f"coalesce(isfinite({number}) AND abs({number}) < {EXACT_TO}, true)"
    return _checked(readable, f"regexp_replace(({number} + 0.0)::VARCHAR, '\\.0+$', '')")


def _to_timestamp(source: str, expr: str) -> Cast:
    if source in ("TIMESTAMP", "TIMESTAMP_MS", "TIMESTAMP_S", "DATE"):
        return _in_range(expr)
    if source == "TIMESTAMP_NS":
        return _in_range(expr, f"epoch_ns({expr}) % 1000 = 0")
    if source == "VARCHAR":
        text = _blank_is_null(expr)
        return _in_range(text, f"regexp_full_match({text}, '{TIME}')")
    raise _no_cast(source, ColumnType.TIMESTAMP)


def _in_range(given: str, test: str = "true") -> Cast:
    """Of the years 0001 to 9999: BigQuery and Python have no others."""
    time = f"try_cast({given} AS TIMESTAMP)"
    inside = f"{time} BETWEEN TIMESTAMP '{FIRST_TIME}' AND TIMESTAMP '{LAST_TIME}'"
    return _checked(f"({given} IS NULL OR coalesce({test} AND {inside}, false))", time)


def _checked(readable: str, value: str) -> Cast:
    return Cast(f"CASE WHEN {readable} THEN {value} ELSE {_STOP} END", readable, cheap=value)


def _blank_is_null(expr: str) -> str:
    return f"nullif(trim({expr}, ' '), '')"


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

"""How a loaded value becomes a canonical value: BigQuery SQL with the same rules as reader/casts.py.

Tests compare both. A value that cannot be read becomes NULL and its test is false: such a row is left
out of the staging table and reported; no value is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from nyc_tlc.core.contract.model import ColumnType
from nyc_tlc.core.errors import ContractError
from nyc_tlc.core.reader.casts import EXACT_TO, MOST_TEXT, Cast

TYPES = {
    ColumnType.INTEGER: "INT64",
    ColumnType.FLOAT: "FLOAT64",
    ColumnType.TEXT: "STRING",
    ColumnType.TIMESTAMP: "DATETIME",
}
INTEGERS = frozenset(("INTEGER", "INT64"))
FLOATS = frozenset(("FLOAT", "FLOAT64"))
NUMERICS = frozenset(("NUMERIC", "BIGNUMERIC"))
BOOLEANS = frozenset(("BOOLEAN", "BOOL"))
WHOLE_NUMBER = r"^\+?(-?)0*(\d+?)(\.0*)?$"
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
TIME = r"^\d{4}-\d\d-\d\d([ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?)?$"
WITHOUT_SECONDS = len("2021-01-01 00:00")
INT32 = "BETWEEN -2147483648 AND 2147483647"


def cast_to(target: ColumnType, source_type: str, expr: str) -> Cast:
    """The cast of ``expr``, of a BigQuery type, to a canonical type."""
    return _CASTS[target](source_type.upper(), expr)


def merge(casts: Sequence[Cast]) -> Cast:
    """Merge several columns into one (fhv of 2018 has duplicates): the first value that is not NULL.

    Values that differ are unreadable.
    """
    if len(casts) == 1:
        return casts[0]
    value = f"COALESCE({', '.join(cast.value for cast in casts)})"
    tests = [cast.readable for cast in casts if cast.readable]
    tests += [f"COALESCE({value} = {cast.value}, TRUE)" for cast in casts[1:]]
    return Cast(value, f"({' AND '.join(tests)})")


def code_of(words: Mapping[str, int], expr: str) -> Cast:
    """A text as an integer: its number, or the code of its word; NULL for a word without a code."""
    number = _number(expr)
    known = " ".join(f"WHEN {literal(word)} THEN {code:d}" for word, code in words.items())
    return Cast(
        f"COALESCE(SAFE_CAST({number} AS INT64), CASE LOWER(TRIM({expr}, ' ')) {known} END)",
        f"COALESCE({_is_whole(number)}, TRUE)",
    )


def word_of(expr: str) -> Cast:
    """The text itself if it is not a number, else NULL."""
    return Cast(f"IF({_number(expr)} IS NULL, {expr}, NULL)", _is_storable(expr))


def literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _to_integer(source: str, expr: str) -> Cast:
    if source in INTEGERS:
        return Cast(expr, f"COALESCE({expr} {INT32}, TRUE)")
    if source in BOOLEANS:
        return Cast(f"CAST({expr} AS INT64)")
    if source in FLOATS | NUMERICS:
        return _whole(expr, expr)
    if source == "STRING":
        return _whole(_blank_is_null(expr), _number(expr))
    raise _no_cast(source, ColumnType.INTEGER)


def _whole(expr: str, number: str) -> Cast:
    return Cast(
        f"SAFE_CAST({number} AS INT64)", f"({expr} IS NULL OR COALESCE({_is_whole(number)}, FALSE))"
    )


def _is_whole(number: str) -> str:
    return f"({number} = TRUNC({number}) AND {number} {INT32})"


def _to_float(source: str, expr: str) -> Cast:
    if source in FLOATS:
        return Cast(expr, f"COALESCE({_is_finite(expr)}, TRUE)")
    if source in INTEGERS | NUMERICS:
        number = f"CAST({expr} AS FLOAT64)"
        return Cast(number, f"COALESCE({_is_exact(f'CAST({expr} AS STRING)', number)}, TRUE)")
    if source == "STRING":
        number, text = _number(expr), _blank_is_null(expr)
        exact = f"(REGEXP_CONTAINS({text}, r'[eE]') OR {_is_exact(text, number)})"
        finite = f"COALESCE({_is_finite(number)} AND {exact}, FALSE)"
        return Cast(number, f"({text} IS NULL OR {finite})")
    raise _no_cast(source, ColumnType.FLOAT)


def _is_finite(number: str) -> str:
    return f"NOT (IS_NAN({number}) OR IS_INF({number}))"


def _is_exact(digits: str, number: str) -> str:
    """Whether a double is the number that is written in digits, if it is too large for a fraction."""
    given = f"REGEXP_REPLACE({digits}, r'{WHOLE_NUMBER}', r'\\1\\2')"
    return f"(ABS({number}) < {EXACT_TO} OR FORMAT('%.0f', {number}) = {given})"


def _number(expr: str) -> str:
    """BigQuery reads inf and nan as numbers; we do not accept them."""
    text = f"TRIM({expr}, ' ')"
    return f"IF(REGEXP_CONTAINS({text}, r'{NUMBER}'), SAFE_CAST({text} AS FLOAT64), NULL)"


def _to_text(source: str, expr: str) -> Cast:
    """A whole number in a float column becomes ``1``, as in the CSV file, not ``1.0``."""
    if source == "STRING":
        return Cast(expr, _is_storable(expr))
    if source == "BYTES":
        value = f"SAFE_CONVERT_BYTES_TO_STRING({expr})"
        return Cast(value, f"({expr} IS NULL OR {value} IS NOT NULL)")
    if source in FLOATS:
        whole = f"CAST(SAFE_CAST({expr} AS INT64) AS STRING)"
        text = f"IF({expr} = TRUNC({expr}), {whole}, CAST({expr} AS STRING))"
        return Cast(text, f"COALESCE({_is_finite(expr)} AND ABS({expr}) < {EXACT_TO}, TRUE)")
    return Cast(f"CAST({expr} AS STRING)")


def _is_storable(text: str) -> str:
    has_nul = f"REGEXP_CONTAINS({text}, r'\\x00')"
    return f"COALESCE(NOT {has_nul} AND LENGTH({text}) <= {MOST_TEXT}, TRUE)"


def _to_timestamp(source: str, expr: str) -> Cast:
    """BigQuery loads times without a time zone as DATETIME, or as TIMESTAMP with the same digits."""
    if source == "DATETIME":
        return Cast(expr)
    if source == "TIMESTAMP":
        return Cast(f"DATETIME({expr}, 'UTC')")
    if source == "DATE":
        return Cast(f"CAST({expr} AS DATETIME)")
    if source == "STRING":
        return _text_to_timestamp(_blank_is_null(expr))
    raise _no_cast(source, ColumnType.TIMESTAMP)


def _text_to_timestamp(text: str) -> Cast:
    whole = f"IF(LENGTH({text}) = {WITHOUT_SECONDS}, CONCAT({text}, ':00'), {text})"
    value = f"IF(REGEXP_CONTAINS({text}, r'{TIME}'), SAFE_CAST({whole} AS DATETIME), NULL)"
    return Cast(value, f"({text} IS NULL OR {value} IS NOT NULL)")


def _blank_is_null(expr: str) -> str:
    return f"NULLIF(TRIM({expr}, ' '), '')"


def _no_cast(source: str, target: ColumnType) -> ContractError:
    return ContractError(
        f"A column that BigQuery loaded as {source} cannot be read as {target}. Expected a number, "
        "text or a time without a zone. If TLC changed the column's type, add the cast in "
        "bigquery/casts.py and reader/casts.py."
    )


_CASTS: dict[ColumnType, Callable[[str, str], Cast]] = {
    ColumnType.INTEGER: _to_integer,
    ColumnType.FLOAT: _to_float,
    ColumnType.TEXT: _to_text,
    ColumnType.TIMESTAMP: _to_timestamp,
}

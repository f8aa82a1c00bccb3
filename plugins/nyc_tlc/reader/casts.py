"""How a file's value becomes a canonical value: DuckDB SQL for each pair of types.

Every cast is a value, which raises for what cannot be read, and a test that says whether it can.
Nothing is rounded or guessed: 1.5 is not an integer, 24:61 is not a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nyc_tlc.contract import ColumnType
from nyc_tlc.errors import ContractError

INTEGERS = frozenset("TINYINT SMALLINT INTEGER BIGINT UTINYINT USMALLINT UINTEGER UBIGINT".split())
FLOATS = frozenset(("DOUBLE", "FLOAT"))


@dataclass(frozen=True)
class Cast:
    """``value`` raises where ``readable`` is false; ``readable`` is None where nothing can fail.

    ``cheap`` is the same value without the test, for use beside ``value`` in one query.
    """

    value: str
    readable: str | None = None
    cheap: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "cheap", self.cheap or self.value)


def cast_to(target: ColumnType, source_type: str, expr: str) -> Cast:
    """The cast of ``expr``, of a DuckDB type, to a canonical type."""
    return _CASTS[target](source_type.upper().split("(")[0], expr)


def _to_integer(source: str, expr: str) -> Cast:
    if source == "INTEGER":
        return Cast(expr)
    if source in INTEGERS:
        readable = f"({expr} IS NULL OR try_cast({expr} AS INTEGER) IS NOT NULL)"
        return Cast(f"{expr}::INTEGER", readable, cheap=expr)
    if source in FLOATS:
        return _whole(expr, f"{expr}")
    if source == "VARCHAR":
        return _whole(_blank_is_null(expr), f"try_cast({_blank_is_null(expr)} AS DOUBLE)")
    raise _no_cast(source, ColumnType.INTEGER)


def _whole(expr: str, number: str) -> Cast:
    """A number that must be whole and fit, else an error that stops the query."""
    fits = f"{number} = trunc({number}) AND abs({number}) < 2147483648"
    readable = f"({expr} IS NULL OR coalesce({fits}, false))"
    cheap = f"{number}::INTEGER"
    value = f"CASE WHEN {fits} THEN {cheap} WHEN {expr} IS NOT NULL THEN error('unreadable') END"
    return Cast(value, readable, cheap)


def _to_float(source: str, expr: str) -> Cast:
    if source == "DOUBLE":
        return Cast(expr)
    if source in INTEGERS | {"FLOAT", "DECIMAL"}:
        return Cast(f"{expr}::DOUBLE")
    if source == "VARCHAR":
        text = _blank_is_null(expr)
        return Cast(f"{text}::DOUBLE", f"({text} IS NULL OR try_cast({text} AS DOUBLE) IS NOT NULL)")
    raise _no_cast(source, ColumnType.FLOAT)


def _to_text(source: str, expr: str) -> Cast:
    return Cast(expr if source == "VARCHAR" else f"{expr}::VARCHAR")


def _to_timestamp(source: str, expr: str) -> Cast:
    if source == "TIMESTAMP":
        return Cast(expr)
    if source in ("TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S", "DATE"):
        return Cast(f"{expr}::TIMESTAMP")
    if source == "VARCHAR":
        return _text_to_timestamp(_blank_is_null(expr))
    raise _no_cast(source, ColumnType.TIMESTAMP)


def _text_to_timestamp(text: str) -> Cast:
    """``YYYY-MM-DD HH:MM:SS`` with an optional fraction; a zone is refused, not converted."""
    local = f"(length({text}) = 19 OR substr({text}, 20, 1) = '.')"
    readable = f"({text} IS NULL OR ({local} AND try_cast({text} AS TIMESTAMP) IS NOT NULL))"
    cheap = f"{text}::TIMESTAMP"
    value = f"CASE WHEN {local} THEN {cheap} WHEN {text} IS NOT NULL THEN error('unreadable') END"
    return Cast(value, readable, cheap)


def _blank_is_null(expr: str) -> str:
    return f"nullif(trim({expr}), '')"


def _no_cast(source: str, target: ColumnType) -> ContractError:
    return ContractError(
        f"A column of type {source} cannot be read as {target}. Expected a number, text or a "
        "timestamp without a zone. If TLC changed the column's type, add the cast in reader/casts.py."
    )


_CASTS: dict[ColumnType, Callable[[str, str], Cast]] = {
    ColumnType.INTEGER: _to_integer,
    ColumnType.FLOAT: _to_float,
    ColumnType.TEXT: _to_text,
    ColumnType.TIMESTAMP: _to_timestamp,
}

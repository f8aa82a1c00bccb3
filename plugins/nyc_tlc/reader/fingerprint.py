r"""``unique_row_id``: an md5 of a row's content, the same in every warehouse.

The text that is hashed, version 1: ``1``, and then, for every canonical column that is not NULL, in
the contract's order, ``|``, the column's letter, and its value as text. Letters are ``A`` to ``Z``
and then ``a`` to ``z``, by the column's place in the contract; so a column that is added at the end
later changes no id.

- integer: its digits
- float: rounded to 6 decimals, shortest text that reads back the same, whole numbers with ``.0``
- timestamp: microseconds since 1970-01-01 00:00:00 of the same wall clock
- text: as it is, with ``\`` as ``\\`` and ``|`` as ``\p``

So ``1|A2|B1609459200000000|K12.5`` is vendor 2, a pickup at the start of 2021 and a fare of 12.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import ascii_lowercase, ascii_uppercase

from nyc_tlc.contract import ColumnType, Contract

LETTERS = ascii_uppercase + ascii_lowercase


def fingerprint_sql(contract: Contract, values: Mapping[str, str]) -> str:
    """DuckDB SQL for the id as a 128-bit number, whose bytes are the digest's (see engine.py).

    ``values``: canonical name to its SQL, for the columns a file has. concat_ws leaves NULLs out.
    """
    texts = [
        f"'{LETTERS[place]}' || {text_sql(column.type, values[column.name])}"
        for place, column in enumerate(contract.columns)
        if column.name in values
    ]
    return f"md5_number(concat_ws('|', '1', {', '.join(texts)}))"


def text_sql(column_type: ColumnType, value: str) -> str:
    """DuckDB SQL for a value's text."""
    if column_type is ColumnType.FLOAT:
        return f"round({value}, 6)::VARCHAR"
    if column_type is ColumnType.TIMESTAMP:
        return f"epoch_us({value})::VARCHAR"
    if column_type is ColumnType.TEXT:
        return rf"replace(replace({value}, '\', '\\'), '|', '\p')"
    return f"({value})::VARCHAR"

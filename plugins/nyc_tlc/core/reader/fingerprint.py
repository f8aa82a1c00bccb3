r"""``unique_row_id``: an md5 of a row's content, the same in every warehouse.

It is a fingerprint, not a key: trips that are equal in every column share it. They are counted, never
dropped, so a unique index on it would lose trips.

The text that is hashed (version 1) starts with ``1``. Then follow, for every canonical column that
is not NULL, in the contract's order: ``|``, the column's letter, and the value as text. Letters are
``A`` to ``Z`` and then ``a`` to ``z``, by the column's position in the contract. So a column that is
added at the end later does not change any id.

- integer: its digits
- float: rounded to 6 decimals, halves away from zero; the shortest text that reads back the same; whole
  numbers end in ``.0``
- timestamp: microseconds since 1970-01-01 00:00:00, without a time zone
- text: unchanged, but ``\`` becomes ``\\`` and ``|`` becomes ``\p``

Example: ``1|A2|B1609459200000000|K12.5`` is vendor 2, a pickup at the start of 2021, a fare of 12.5.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate, pairwise
from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING

from nyc_tlc.core.contract.model import ColumnType, Contract
from nyc_tlc.core.reader.arrow import text_scalar

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

LETTERS = ascii_uppercase + ascii_lowercase


def fingerprint_sql(contract: Contract, values: Mapping[str, str]) -> str:
    """DuckDB SQL for the id as a 128-bit number, whose bytes are the md5 digest (see engine.py).

    ``values`` maps canonical names to SQL, for the columns that the file has. concat_ws skips NULLs.
    """
    texts = [
        f"'{LETTERS[place]}' || {text_sql(column.type, values[column.name])}"
        for place, column in enumerate(contract.columns)
        if column.name in values
    ]
    return f"md5_number(concat_ws('|', '1', {', '.join(texts)}))"


def text_sql(column_type: ColumnType, value: str) -> str:
    """DuckDB SQL for a value's text.

    Each text is a simple function of one column, so DuckDB computes it once per distinct value. Other
    texts of a float, such as ``printf('%.6f')``, take more than twice the time.
    """
    if column_type is ColumnType.FLOAT:
        return f"round({value}, 6)::VARCHAR"
    if column_type is ColumnType.TIMESTAMP:
        return f"epoch_us({value})::VARCHAR"
    if column_type is ColumnType.TEXT:
        return rf"replace(replace({value}, '\', '\\'), '|', '\p')"
    return f"({value})::VARCHAR"


def row_ids(
    contract: Contract, columns: Mapping[str, pa.Array], connection: duckdb.DuckDBPyConnection
) -> pa.Array:
    """The same ids as ``fingerprint_sql``, for rows that already have the canonical types.

    ``columns`` maps canonical names to values; all but timestamps are dictionary-encoded. Most columns
    have few distinct values, so each distinct value becomes text only once.
    """
    import pyarrow.compute as pc

    texts = _texts(contract, columns, connection)
    version, separator = text_scalar("1"), text_scalar("|")
    rows = pc.binary_join_element_wise(version, *texts, separator, null_handling="skip")
    return _select("md5_number(given)", rows, connection)


def id_sum(ids: pa.Array) -> int:
    """The sum of the first 32 bits of ids: the same for the same rows in any order."""
    import numpy as np

    storage = getattr(ids, "storage", ids)
    words = np.frombuffer(storage.buffers()[1] or b"", dtype=">u4")
    return int(words[4 * storage.offset :: 4][: len(storage)].sum(dtype=np.uint64))


def _texts(
    contract: Contract, columns: Mapping[str, pa.Array], connection: duckdb.DuckDBPyConnection
) -> Iterator[pa.Array]:
    """Each column's values as text, with the column's letter in front."""
    floats = _float_texts(contract, columns, connection)
    for column, letter in zip(contract.columns, LETTERS, strict=False):
        if column.name not in columns:
            continue
        values = columns[column.name]
        if column.type is ColumnType.TIMESTAMP:
            yield _lettered(letter, _digits(values))
        else:
            texts = (
                floats[column.name]
                if column.name in floats
                else _TEXTS[column.type](values.dictionary)
            )
            yield _lettered(letter, texts).take(values.indices)


def _float_texts(
    contract: Contract, columns: Mapping[str, pa.Array], connection: duckdb.DuckDBPyConnection
) -> dict[str, pa.Array]:
    """Made by DuckDB, because its text of a float defines the id; one query for all columns."""
    import pyarrow as pa

    names = [c.name for c in contract.columns if c.type is ColumnType.FLOAT and c.name in columns]
    if not names:
        return {}
    values = [columns[name].dictionary for name in names]
    texts = _select(text_sql(ColumnType.FLOAT, "given"), pa.concat_arrays(values), connection)
    ends = pairwise(accumulate(map(len, values), initial=0))
    return {name: texts[start:end] for name, (start, end) in zip(names, ends, strict=True)}


def _select(value: str, given: pa.Array, connection: duckdb.DuckDBPyConnection) -> pa.Array:
    import pyarrow as pa

    connection.register("rows", pa.table({"given": given}))
    found = connection.sql(f"SELECT {value} AS found FROM rows").to_arrow_table()
    return found["found"].combine_chunks()


def _lettered(letter: str, texts: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    return pc.binary_replace_slice(texts, 0, 0, letter)


def _digits(values: pa.Array) -> pa.Array:
    """The digits of an integer, or of a timestamp's microseconds."""
    import pyarrow as pa

    return values.cast(pa.int64()).cast(pa.string())


def _escaped(values: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    return pc.replace_substring(pc.replace_substring(values, "\\", "\\\\"), "|", "\\p")


_TEXTS = {ColumnType.INTEGER: _digits, ColumnType.TEXT: _escaped}

"""``unique_row_id`` in BigQuery: hashes the text that reader/fingerprint.py defines, so ids are equal."""

from __future__ import annotations

from collections.abc import Iterable

from nyc_tlc.core.contract.model import ColumnType, Contract
from nyc_tlc.core.reader.fingerprint import LETTERS


def fingerprint_sql(contract: Contract, columns: Iterable[str]) -> str:
    """BigQuery SQL for the id, 16 bytes; ARRAY_TO_STRING skips NULLs.

    ``columns``: names of the canonical columns that the file has. Needs ``sql/functions.sql``.
    """
    present = set(columns)
    texts = [
        f"'{LETTERS[place]}' || {_text(column.type, column.name)}"
        for place, column in enumerate(contract.columns)
        if column.name in present
    ]
    return f"MD5(ARRAY_TO_STRING(['1', {', '.join(texts)}], '|'))"


def _text(column_type: ColumnType, name: str) -> str:
    if column_type is ColumnType.FLOAT:
        return f"FLOAT_TEXT({name})"  # real BigQuery: names of functions have a case
    if column_type is ColumnType.TIMESTAMP:
        micros = f"DATETIME_DIFF({name}, DATETIME '1970-01-01 00:00:00', MICROSECOND)"
        return f"CAST({micros} AS STRING)"
    if column_type is ColumnType.TEXT:
        return rf"REPLACE(REPLACE({name}, '\\', '\\\\'), '|', '\\p')"
    return f"CAST({name} AS STRING)"

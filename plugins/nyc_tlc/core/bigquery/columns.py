"""The columns of trips and staging tables: BigQuery's types, and Arrow's in the file that is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nyc_tlc.core.contract.model import ColumnType

if TYPE_CHECKING:
    from nyc_tlc.core.contract.model import Contract

TYPES = {
    ColumnType.INTEGER: "INT64",
    ColumnType.FLOAT: "FLOAT64",
    ColumnType.TEXT: "STRING",
    ColumnType.TIMESTAMP: "DATETIME",
}
OWN_COLUMNS = {"unique_row_id": "BYTES", "file_month": "DATE", "filename": "STRING"}

# A Parquet time without a zone is a DATETIME for BigQuery, one with a zone a TIMESTAMP.
ARROW = {
    "INT64": "int64", "FLOAT64": "float64", "STRING": "string", "DATETIME": "timestamp[us]",
    "BYTES": "binary", "DATE": "date32",
}  # fmt: skip


def column_types(contract: Contract) -> dict[str, str]:
    """BigQuery's type of every column of a trips table, in its order."""
    return OWN_COLUMNS | {column.name: TYPES[column.type] for column in contract.columns}


def literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

"""DuckDB, kept small: its memory does not grow with the file, and rows keep the file's order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from nyc_tlc.contract import Column, ColumnType

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

BATCH_ROWS = 32_768
MEMORY_LIMIT = "256MB"


def connect() -> duckdb.DuckDBPyConnection:
    import duckdb

    return duckdb.connect(
        config={
            "memory_limit": MEMORY_LIMIT,
            "threads": 2,
            "arrow_lossless_conversion": True,  # 128-bit numbers as 16 bytes, not as doubles
        }
    )


def batches_of(relation: duckdb.DuckDBPyRelation) -> Iterator[pa.RecordBatch]:
    """Stream a query's rows, at least one batch of them (an empty one where there is no row)."""
    import pyarrow as pa

    arrow = relation.to_arrow_reader(BATCH_ROWS)
    # Not from_pylist([]): that imports pandas, 0.8 s.
    nothing = [pa.nulls(0, field.type) for field in arrow.schema]
    yield pa.RecordBatch.from_arrays(nothing, schema=arrow.schema)
    yield from arrow


def arrow_types() -> dict[ColumnType, pa.DataType]:
    """What DuckDB makes of the canonical types."""
    import pyarrow as pa

    return {
        ColumnType.INTEGER: pa.int32(),
        ColumnType.FLOAT: pa.float64(),
        ColumnType.TEXT: pa.string(),
        ColumnType.TIMESTAMP: pa.timestamp("us"),
    }


def arrow_schema(columns: Iterable[Column]) -> pa.Schema:
    import pyarrow as pa

    types = arrow_types()
    return pa.schema([(column.name, types[column.type]) for column in columns])

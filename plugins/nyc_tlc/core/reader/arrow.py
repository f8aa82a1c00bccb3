"""Small Arrow values, made without pandas.

``pa.scalar``, ``pa.array([])`` and ``from_pylist`` import pandas to see whether they were given something of
its, which takes 0.8 s in each task. The functions here build the same from nulls and buffers. They depend
on the layout of Arrow's string arrays, which is a published format, and on which calls of pyarrow import
pandas, which is not: tested on 26.0 (tests/unit/reader/test_library_internals.py). If these calls import
it too one day, a task starts later, and nothing else changes.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from nyc_tlc.core.contract.model import ColumnType

if TYPE_CHECKING:
    import pyarrow as pa


def empty_batch(schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    nothing = [pa.nulls(0, field.type) for field in schema]
    return pa.RecordBatch.from_arrays(nothing, schema=schema)


def text_scalar(text: str) -> pa.StringScalar:
    """The first of an array of one string: its ends as two 32-bit numbers, then its bytes."""
    import pyarrow as pa

    data = text.encode()
    ends = pa.py_buffer(struct.pack("<2i", 0, len(data)))
    return pa.Array.from_buffers(pa.string(), 1, [None, ends, pa.py_buffer(data)])[0]


def fixed_scalar(kind: pa.DataType, code: str, value: float) -> pa.Scalar:
    """A value of a type of fixed width; ``code`` is its format in Python's struct module."""
    import pyarrow as pa

    data = pa.py_buffer(struct.pack(f"<{code}", value))
    return pa.Array.from_buffers(kind, 1, [None, data])[0]


def one_batch(table: pa.Table) -> pa.RecordBatch:
    (batch,) = table.combine_chunks().to_batches() or [empty_batch(table.schema)]
    return batch


def arrow_types() -> dict[ColumnType, pa.DataType]:
    """The Arrow types in which DuckDB returns the canonical types."""
    import pyarrow as pa

    return {
        ColumnType.INTEGER: pa.int32(),
        ColumnType.FLOAT: pa.float64(),
        ColumnType.TEXT: pa.string(),
        ColumnType.TIMESTAMP: pa.timestamp("us"),
    }

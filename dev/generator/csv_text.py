"""Formats rows as in a CSV file of their era."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from dev.generator.era import CsvStyle


def as_text(batch: pa.RecordBatch, style: CsvStyle) -> pa.RecordBatch:
    """Timestamps in whole seconds; blanks are quoted if all fields are."""
    import pyarrow as pa

    arrays = [_shown(column, style) for column in batch.columns]
    arrays += [pa.nulls(batch.num_rows, pa.string())] * style.surplus
    if style.quoted:
        arrays = [array.cast(pa.string()).fill_null("") for array in arrays]
    return pa.record_batch(arrays, names=[str(place) for place in range(len(arrays))])


def _shown(values: pa.Array, style: CsvStyle) -> pa.Array:
    import pyarrow as pa

    if pa.types.is_timestamp(values.type):
        return values.cast(pa.timestamp("s"))
    if pa.types.is_floating(values.type) and style.digits:
        texts = [
            None if value is None else f"{value:.{style.digits}g}" for value in values.to_pylist()
        ]
        return pa.array(texts, pa.string())
    return values

"""Writes a generated month to disk; memory does not grow with the number of rows."""

from __future__ import annotations

import gzip
import io
from contextlib import contextmanager
from itertools import islice
from typing import IO, TYPE_CHECKING

from dev.generator.block import Block
from dev.generator.csv_text import as_text
from dev.generator.recipes import nothing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

    from dev.generator.block import Array
    from dev.generator.era import Column, Era

BLOCK_ROWS = 1 << 17
ROW_GROUP_ROWS = 1 << 20


def write(
    path: Path, era: Era, month: str, rows: int, seed: int = 0, group_rows: int = ROW_GROUP_ROWS
) -> None:
    """Write ``rows`` trips; the path's suffix chooses ``.parquet``, ``.csv`` or ``.csv.gz``.

    ``group_rows``: rows per Parquet row group, which is built in memory. TLC's files had a single row
    group until 2023 (pyarrow's default at that time).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        _write_parquet(path, era, month, rows, seed, group_rows)
    else:
        _write_csv(path, era, month, rows, seed)


def batches(era: Era, month: str, rows: int, seed: int = 0) -> Iterator[pa.RecordBatch]:
    """The month's rows, in blocks."""
    for first in range(0, rows, BLOCK_ROWS):
        count = min(BLOCK_ROWS, rows - first)
        yield _batch(Block(era, month, first=first, rows=count, file_rows=rows, seed=seed))


def schema(era: Era) -> pa.Schema:
    import pyarrow as pa

    return pa.schema([(column.name, pa.type_for_alias(column.type)) for column in era.columns])


def _write_parquet(path: Path, era: Era, month: str, rows: int, seed: int, group_rows: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    blocks = batches(era, month, rows, seed)
    with pq.ParquetWriter(path, schema(era), compression="snappy") as writer:
        while group := list(islice(blocks, -(-group_rows // BLOCK_ROWS))):
            writer.write_table(pa.Table.from_batches(group), row_group_size=group_rows)


def _write_csv(path: Path, era: Era, month: str, rows: int, seed: int) -> None:
    import pyarrow.csv as arrow_csv

    style = era.style
    names = [column.name for column in era.columns if column.in_csv]
    header = ",".join(f'"{name}"' if style.quoted else name for name in names) + style.end
    options = arrow_csv.WriteOptions(
        include_header=False,
        quoting_style="all_valid" if style.quoted else "none",
    )
    with _opened(path) as file:
        file.write((header + style.end * style.blank_second_line).encode())
        for batch in batches(era, month, rows, seed):
            file.write(header.encode() * style.header_again)
            lines = io.BytesIO()
            arrow_csv.write_csv(as_text(batch.select(names), style), lines, options)
            # Not by WriteOptions(eol=…), which is newer than the pyarrow of Airflow 3.2's constraints.
            file.write(lines.getvalue().replace(b"\n", style.end.encode()))


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """A gzip header without name and time, so that the same rows give the same bytes."""
    with path.open("wb") as raw:
        if path.suffix != ".gz":
            yield raw
            return
        with gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
            yield file  # type: ignore[misc]


def _batch(block: Block) -> pa.RecordBatch:
    import pyarrow as pa

    arrays = [_array(block, column) for column in block.era.columns]
    return pa.record_batch(arrays, schema=schema(block.era))


def _array(block: Block, column: Column) -> pa.Array:
    import pyarrow as pa

    kind = pa.type_for_alias(column.type)
    if column.recipe is nothing:
        return pa.nulls(block.rows, kind)
    values, blanks = block.values(column), block.blanks(column)
    if kind in (pa.string(), pa.large_string()):
        return _texts(column, values, blanks).cast(kind)
    return pa.array(values.astype(kind.to_pandas_dtype()), type=kind, mask=blanks)


def _texts(column: Column, values: Array, blanks: Array | None) -> pa.Array:
    """Convert indexes into words, or numbers into times."""
    import pyarrow as pa

    if values.dtype.kind == "M":
        return pa.array(values, pa.timestamp("s"), mask=blanks)
    places = pa.array(values.astype("int16"), mask=blanks)
    return pa.DictionaryArray.from_arrays(places, pa.array(column.words))

"""Writes a generated month to disk, in memory that does not grow with its rows."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from generator.block import Block
from generator.eras import Column, Era
from generator.recipes import FLAGS

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_ROWS = 1 << 17
ROW_GROUP_ROWS = 1 << 20


def write(path: Path, era: Era, month: str, rows: int, seed: int = 0) -> None:
    """Write ``rows`` trips as ``.parquet``, ``.csv`` or ``.csv.gz``, by the path's ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        _write_parquet(path, era, month, rows, seed)
    else:
        _write_csv(path, era, month, rows, seed)


def batches(era: Era, month: str, rows: int, seed: int = 0) -> Iterator[pa.RecordBatch]:
    """The month's rows, a block at a time."""
    for first in range(0, rows, BLOCK_ROWS):
        yield _batch(Block(era, month, first, min(BLOCK_ROWS, rows - first), rows, seed))


def schema(era: Era) -> pa.Schema:
    import pyarrow as pa

    return pa.schema([(column.name, pa.type_for_alias(column.type)) for column in era.columns])


def _write_parquet(path: Path, era: Era, month: str, rows: int, seed: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    blocks = batches(era, month, rows, seed)
    with pq.ParquetWriter(path, schema(era), compression="snappy") as writer:
        while group := list(islice(blocks, ROW_GROUP_ROWS // BLOCK_ROWS)):
            writer.write_table(pa.Table.from_batches(group), row_group_size=ROW_GROUP_ROWS)


def _write_csv(path: Path, era: Era, month: str, rows: int, seed: int) -> None:
    import pyarrow as pa
    import pyarrow.csv

    names = [column.name for column in era.columns if column.in_csv]
    options = pa.csv.WriteOptions(include_header=False, quoting_style="none")
    with _opened(path) as file:
        file.write((",".join(names) + "\n").encode())
        for batch in batches(era, month, rows, seed):
            pa.csv.write_csv(_as_text(batch.select(names), era), file, options)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """A gzip header without name and time, so that the same rows are the same bytes."""
    with path.open("wb") as raw:
        if path.suffix != ".gz":
            yield raw
            return
        with gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
            yield file  # type: ignore[misc]


def _as_text(batch: pa.RecordBatch, era: Era) -> pa.RecordBatch:
    """Whole seconds and whole codes, as the mirror writes them."""
    import pyarrow as pa

    codes = {column.name for column in era.columns if column.recipe.__annotations__ and column.reported and not column.amount}
    return batch

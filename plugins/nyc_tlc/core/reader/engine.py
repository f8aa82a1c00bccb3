"""DuckDB, kept small: its memory does not grow with the file, and rows keep the file's order.

All that we ask of DuckDB beyond SQL and its documented API is in ``connect``, tested on 2.0
(tests/unit/reader/test_library_internals.py):

- ``arrow_lossless_conversion``: without it, a row's 128-bit id would reach Arrow as a double. If DuckDB
  drops the setting, ``connect`` raises and nothing is loaded: a wrong id is worse than none.
- ``disable_parquet_prefetching``: without it, DuckDB reads a row group whole, and most of TLC's files are
  one: 450 MB for a month of fhvhv. If DuckDB drops it, a load takes more memory and a warning says so.
- ``disabled_optimizers``: without it, DuckDB trusts a Parquet file's statistics and leaves out tests that
  they make needless. They never count NaN, and nobody checks them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from nyc_tlc.core.reader.arrow import empty_batch

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

log = logging.getLogger(__name__)

BATCH_ROWS = 24_576
MEMORY_LIMIT = "256MB"
NO_PREFETCHING = "disable_parquet_prefetching"
TRUST_IN_STATISTICS = "filter_pushdown,statistics_propagation"


def connect(threads: int = 2) -> duckdb.DuckDBPyConnection:
    import duckdb

    connection = duckdb.connect(
        config={
            "memory_limit": MEMORY_LIMIT,
            "threads": threads,
            "arrow_lossless_conversion": True,
            "disabled_optimizers": TRUST_IN_STATISTICS,
        }
    )
    try:
        # GLOBAL, or a cursor of this connection would not have it.
        connection.execute(f"SET GLOBAL {NO_PREFETCHING} = true")
    except duckdb.CatalogException:
        log.warning(
            "DuckDB %s has no setting %s: reading a Parquet file takes up to 450 MB. Install the "
            "version in requirements.txt.", duckdb.__version__, NO_PREFETCHING,
        )  # fmt: skip
    return connection


def batches_of(relation: duckdb.DuckDBPyRelation) -> Iterator[pa.RecordBatch]:
    """Stream a query's rows: at least one batch, an empty one if there are no rows."""
    arrow = relation.to_arrow_reader(BATCH_ROWS)
    yield empty_batch(arrow.schema)
    yield from arrow

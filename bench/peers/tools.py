"""One load by another tool, in the environment of requirements.txt: ``tools.py NAME JSON``.

A tool is a function that prepares everything and returns the function to measure. The last printed line has
the seconds, the peak memory of the process, and the rows in the table.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

TABLE = "peer_tripdata"
BATCH_ROWS = 100_000


def duckdb_extension(url: str, path: str) -> Callable[[], Any]:
    import duckdb
    import duckdb_extension_postgres_scanner as extension

    [binary] = Path(extension.__file__).parent.rglob("*.duckdb_extension")
    connection = duckdb.connect()
    connection.execute(f"LOAD '{binary}'")
    connection.execute(f"ATTACH '{url}' AS pg (TYPE postgres)")
    query = f"CREATE TABLE pg.public.{TABLE} AS SELECT * FROM read_parquet('{path}')"
    return lambda: connection.execute(query)


def adbc(url: str, path: str) -> Callable[[], Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from adbc_driver_postgresql import dbapi

    connection = dbapi.connect(url)

    def work() -> None:
        file = pq.ParquetFile(path)
        batches = file.iter_batches(BATCH_ROWS)
        reader = pa.RecordBatchReader.from_batches(file.schema_arrow, batches)
        with connection.cursor() as cursor:
            cursor.adbc_ingest(TABLE, reader, mode="create")
        connection.commit()

    return work


def pgpq(url: str, path: str) -> Callable[[], Any]:
    """As in its README; it does not know columns of the type null, so they are left out."""
    import pgpq
    import psycopg
    import pyarrow as pa
    import pyarrow.dataset as ds

    dataset = ds.dataset(path)
    known = [field for field in dataset.schema if not pa.types.is_null(field.type)]
    encoder = pgpq.ArrowToPostgresBinaryEncoder(pa.schema(known))
    columns = [f'"{each.name}" {each.data_type.ddl()}' for each in encoder.schema().columns]
    connection = psycopg.connect(url)

    def work() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE {TABLE} ({', '.join(columns)})")
            with cursor.copy(f"COPY {TABLE} FROM STDIN WITH (FORMAT BINARY)") as copy:
                copy.write(encoder.write_header())
                for batch in dataset.to_batches(columns=[field.name for field in known]):
                    copy.write(encoder.write_batch(batch))
                copy.write(encoder.finish())
        connection.commit()

    return work


def polars(url: str, path: str) -> Callable[[], Any]:
    import polars as pl

    # ADBC cannot write polars' columns of the type null, so they are left out.
    known = pl.selectors.exclude(pl.selectors.by_dtype(pl.Null))
    return lambda: pl.read_parquet(path).select(known).write_database(TABLE, url, engine="adbc")


def pandas(url: str, path: str) -> Callable[[], Any]:
    """As in tutorials: the default method with chunks of 100,000 rows."""
    import pandas as pd
    import sqlalchemy

    engine = sqlalchemy.create_engine(url)
    engine.connect().close()
    return lambda: pd.read_parquet(path).to_sql(TABLE, engine, index=False, chunksize=BATCH_ROWS)


def dlt_parquet(url: str, path: str) -> Callable[[], Any]:
    return _dlt(url, path, "parquet")


def dlt_default(url: str, path: str) -> Callable[[], Any]:
    return _dlt(url, path, None)


def _dlt(url: str, path: str, file_format: Any) -> Callable[[], Any]:
    import tempfile

    import dlt
    import pyarrow.parquet as pq

    pipeline = dlt.pipeline(
        "peer", destination=dlt.destinations.postgres(url), dataset_name="public",
        pipelines_dir=tempfile.mkdtemp(),
    )  # fmt: skip
    batches = pq.ParquetFile(path).iter_batches(BATCH_ROWS)  # read while the load runs
    return lambda: pipeline.run(
        batches, table_name=TABLE, loader_file_format=file_format
    ).raise_on_failed_jobs()


TOOLS: dict[str, Callable[[str, str], Callable[[], Any]]] = {
    tool.__name__: tool
    for tool in (duckdb_extension, adbc, pgpq, polars, pandas, dlt_parquet, dlt_default)
}


def main(name: str, url: str, path: str) -> None:
    import psycopg

    work = TOOLS[name](url, path)
    started = time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    with psycopg.connect(url) as connection:
        [[rows]] = connection.execute(f"SELECT count(*) FROM {TABLE}").fetchall()
    print(json.dumps({"seconds": seconds, "peak_mb": peak, "found": rows}))


if __name__ == "__main__":
    main(sys.argv[1], **json.loads(sys.argv[2]))

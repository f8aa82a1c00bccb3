"""readers: how long a reader of another month waits while a month is replaced under two indexes."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from bench.inputs import TAXI, input_folder, trip_file
from bench.measure import Figure, Sample, Target, ratios, run_side, take_turns
from bench.warehouse import STOCK, clean_slate, execute, warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS = 3_000_000
LIMIT_SECONDS = 0.1
POLL_SECONDS = 0.005
TABLE = f"{TAXI}_tripdata"
OTHER_MONTH = f"""
CREATE TABLE {TABLE}_2020_12 PARTITION OF {TABLE} FOR VALUES IN ('2020-12-01');
INSERT INTO {TABLE} (unique_row_id, file_month, filename)
SELECT gen_random_uuid(), '2020-12-01', 'by hand' FROM generate_series(1, 1000);
CREATE INDEX ON {TABLE} (tpep_pickup_datetime);
CREATE INDEX ON {TABLE} (pulocationid, dolocationid)
"""


def measure(rows: int | None, rounds: int) -> Iterator[Figure]:
    with input_folder() as folder, warehouse(STOCK) as socket:
        path, of = trip_file(folder, rows or ROWS), rows or ROWS
        sides = {"reader": partial(_longest_wait, socket, path, of)}
        taken = take_turns(sides, rounds, "readers", partial(_loaded, socket, path, of))["reader"]
    limit = [Sample(LIMIT_SECONDS)] * len(taken)
    yield Figure(
        section="readers",
        what=f"longest wait of a reader while {of:,} rows are replaced under two btrees / 0.1 s",
        ours=f"{max(sample.seconds for sample in taken) * 1000:.0f} ms",
        theirs="100 ms",
        ratios=ratios(taken, limit),
        target=Target(at_most=1),
    )


def _loaded(socket: str, path: Path, rows: int) -> None:
    """The month, loaded, and another one; two indexes on both."""
    clean_slate(socket)
    run_side("load", socket=socket, path=path, rows=rows)
    execute(socket, OTHER_MONTH)
    execute(socket, "CHECKPOINT")


def _longest_wait(socket: str, path: Path, rows: int) -> Sample:
    """Poll the other month while another run loads the same file again."""
    import psycopg

    from dev import warehouse as server

    query = f"SELECT count(*) FROM {TABLE} WHERE file_month = '2020-12-01'"
    longest = 0.0
    with (
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(
            host=socket, user=server.OWNER, dbname=server.DATABASE, autocommit=True
        ) as reader,
    ):
        load = pool.submit(run_side, "load", socket=socket, path=path, rows=rows, run="again")
        while not load.done():
            begun = time.perf_counter()
            reader.execute(query.encode())
            longest = max(longest, time.perf_counter() - begun)
            time.sleep(POLL_SECONDS)
        load.result()
    return Sample(longest)

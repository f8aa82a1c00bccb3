"""One month out of the trips table again, as a Parquet file for a script. Memory stays bounded."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg import sql

from nyc_tlc.errors import TripsMissing
from nyc_tlc.postgres.server_errors import named_server_errors
from nyc_tlc.postgres.sql import statement
from nyc_tlc.postgres.tables import Table, exists
from nyc_tlc.postgres.trips import TripsTableKind, kind_of
from nyc_tlc.postgres.zones import ZONES
from nyc_tlc.progress import Progress, rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa
    from psycopg import Connection, Copy

    from nyc_tlc.catalog import TripFile
    from nyc_tlc.contract import Contract

log = logging.getLogger(__name__)

BLOCK_BYTES = 8 << 20


@named_server_errors("extract")
def extract_month(
    connection: Connection[Any], schema: str, file: TripFile, contract: Contract, target: Path
) -> int:
    """Write pickup, zone, total, tip and by_card of the file's month; returns how many rows.

    For yellow and green, which have these columns. Raises TripsMissing where there is no table.
    """
    trips = Table(schema, file.taxi.trips_table)
    if not exists(connection, trips):
        raise TripsMissing(
            f"There is no {trips}. Load a month first: tlc_postgres_{file.taxi} with "
            f'{{"month": "{file.month}"}}.'
        )
    query = statement(
        "extract_month",
        trips=trips.identifier,
        pickup=sql.Identifier(contract.pickup),
        month=_month_of(file, kind_of(connection, trips)),
    )
    with connection.transaction():
        connection.execute("SET LOCAL datestyle = 'ISO'")
        with connection.cursor().copy(query) as copy, _replaced(target) as draft:
            return _write_parquet(draft, copy, Progress(log, f"extract {file.stem}", None, rows))


@named_server_errors("extract")
def extract_zones(connection: Connection[Any], schema: str, target: Path) -> bool:
    """Write locationid, borough and zone as CSV; False where no zones are loaded."""
    zones = Table(schema, ZONES)
    if not exists(connection, zones):
        log.info("There is no %s: zones go without names (DAG tlc_zones loads them)", zones)
        return False
    query = statement("extract_zones", zones=zones.identifier)
    with connection.cursor().copy(query) as copy, _replaced(target) as draft:
        draft.write_bytes(b"".join(copy))
    return True


def _month_of(file: TripFile, kind: TripsTableKind) -> sql.Composed:
    if kind is TripsTableKind.BY_MONTH:
        return sql.SQL("file_month = {}").format(sql.Literal(file.month.first_day))
    names = sql.SQL(", ").join(map(sql.Literal, file.filenames))
    return sql.SQL("filename IN ({})").format(names)


@contextmanager
def _replaced(target: Path) -> Iterator[Path]:
    """A draft beside the target, which takes its place if the block succeeds."""
    draft = target.with_name(f".{target.name}.part")
    try:
        yield draft
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _write_parquet(path: Path, copy: Copy, progress: Progress) -> int:
    import pyarrow.parquet as pq

    with pq.ParquetWriter(path, _schema(), compression="zstd") as writer:
        for block in _blocks(copy):
            table = _parsed(block)
            writer.write_table(table)
            progress.add(table.num_rows)
    progress.finish()
    return progress.done


def _blocks(lines: Iterable[bytes | bytearray | memoryview]) -> Iterator[bytes]:
    """Whole lines, some megabytes at once; COPY gives them one by one."""
    block = bytearray()
    for line in lines:
        block += line
        if len(block) >= BLOCK_BYTES:
            yield bytes(block)
            block.clear()
    if block:
        yield bytes(block)


def _schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema(
        [
            ("pickup", pa.timestamp("us")),
            ("zone", pa.int32()),
            ("total", pa.float64()),
            ("tip", pa.float64()),
            ("by_card", pa.bool_()),
        ]
    )


def _parsed(block: bytes) -> pa.Table:
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

    schema = _schema()
    return arrow_csv.read_csv(
        pa.BufferReader(block),
        arrow_csv.ReadOptions(column_names=schema.names, use_threads=False),
        convert_options=arrow_csv.ConvertOptions(
            column_types=schema, null_values=[""], true_values=["t"], false_values=["f"]
        ),
    )

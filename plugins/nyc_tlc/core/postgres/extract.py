"""Extracts one month of the trips table into a Parquet file for a script, with bounded memory."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import IO, TYPE_CHECKING, Any

from psycopg import sql

from nyc_tlc.core.catalog import Warehouse
from nyc_tlc.core.errors import TableMissingError
from nyc_tlc.core.postgres.copy import copying
from nyc_tlc.core.postgres.server_errors import named_server_errors
from nyc_tlc.core.postgres.sql import statement
from nyc_tlc.core.postgres.tables import PostgresTable, columns_of, exists
from nyc_tlc.core.postgres.trips import of_month, total_of
from nyc_tlc.core.progress import Progress, rows
from nyc_tlc.core.shapes.archive import SHAPES
from nyc_tlc.core.zones import ZONES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    import pyarrow as pa
    from psycopg import Connection, Copy

    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.contract.model import Contract

log = logging.getLogger(__name__)

BLOCK_BYTES = 8 << 20

Columns = dict[str, tuple[str, sql.Composable]]
# Entered when there is something to write; its file gets its name if the block succeeds (core/files.py).
Draft = AbstractContextManager[IO[bytes]]


@named_server_errors("extract")
def extract_month(
    connection: Connection[Any], schema: str, file: TripFile, contract: Contract, draft: Draft
) -> int:
    """Write the columns that a report needs, for the file's month, to a draft; returns the number of rows.

    The columns are pickup and, if the taxi and month have them, zone, longitude and latitude of the pickup,
    total (everything that was paid), tip, by_card and driver_pay. Raises TableMissingError if the trips table
    does not exist.
    """
    trips = PostgresTable(schema, file.taxi.trips_table)
    if not exists(connection, trips):
        raise TableMissingError(
            f"The table {trips} does not exist. Load a month first: trigger "
            f'{Warehouse.POSTGRES.dag_id(file.taxi)} with {{"month": "{file.month}"}}.'
        )
    there = {*columns_of(connection, trips)} - contract.ended_before(file.month)
    columns = _columns(contract, there)
    query = statement(
        "extract_month",
        columns=sql.SQL(", ").join(value for _, value in columns.values()),
        trips=trips.identifier,
        of_month=of_month(connection, trips, file),
    )
    progress = Progress(log, f"extract {file.stem}", None, rows)
    with connection.transaction():
        connection.execute("SET LOCAL datestyle = 'ISO'")
        with copying(connection, query) as copy, draft as target:
            return _write_parquet(target, _schema(columns), copy, progress)


@named_server_errors("extract")
def extract_zones(connection: Connection[Any], schema: str, draft: Draft) -> bool:
    """Write locationid, borough and zone as CSV to a draft; False where no zones are loaded."""
    zones = PostgresTable(schema, ZONES)
    if not exists(connection, zones):
        log.info(
            "%s does not exist, so zones have no names. To load them, run the DAG tlc_zones.", zones
        )
        return False
    _write_csv(connection, statement("extract_zones", zones=zones.identifier), draft)
    return True


@named_server_errors("extract")
def extract_shapes(connection: Connection[Any], schema: str, draft: Draft) -> bool:
    """Write locationid and GeoJSON as CSV to a draft; False where no shapes are loaded."""
    shapes = PostgresTable(schema, SHAPES)
    if not exists(connection, shapes):
        log.info(
            "%s does not exist, so there is no map. To load it, run the DAG tlc_zones.", shapes
        )
        return False
    _write_csv(connection, statement("extract_shapes", shapes=shapes.identifier), draft)
    return True


def _write_csv(connection: Connection[Any], query: sql.Composed, draft: Draft) -> None:
    with copying(connection, query) as copy, draft as target:
        target.writelines(copy)


def _columns(contract: Contract, there: Collection[str]) -> Columns:
    """Arrow type and SQL expression by name, for the columns that the table has."""

    def of(name: str | None, expression: str = "{}") -> sql.Composable | None:
        if name is None or name not in there:
            return None
        return sql.SQL(expression).format(sql.Identifier("trip", name))

    paid = [name for name in contract.revenue if name in there]
    values = {
        "pickup": ("timestamp[us]", of(contract.pickup)),
        # In some users' own tables this column is text.
        "zone": ("int32", of("pulocationid", "{}::double precision::integer")),
        "longitude": ("float64", of("pickup_longitude")),
        "latitude": ("float64", of("pickup_latitude")),
        "total": ("float64", total_of(paid) if paid else None),
        "tip": ("float64", of(contract.tip)),
        "by_card": ("bool", of("payment_type", "{}::double precision = 1")),
        "driver_pay": ("float64", of("driver_pay")),
    }
    return {name: (kind, value) for name, (kind, value) in values.items() if value}


def _write_parquet(target: IO[bytes], schema: pa.Schema, copy: Copy, progress: Progress) -> int:
    import pyarrow.parquet as pq

    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for block in blocks(copy):
            table = _parsed(block, schema)
            writer.write_table(table)
            progress.add(table.num_rows)
    progress.finish()
    return progress.done


def blocks(lines: Iterable[bytes | bytearray | memoryview]) -> Iterator[bytes]:
    """Blocks of some megabytes of whole lines; COPY returns single lines."""
    block = bytearray()
    for line in lines:
        block += line
        if len(block) >= BLOCK_BYTES:
            yield bytes(block)
            block.clear()
    if block:
        yield bytes(block)


def _schema(columns: Columns) -> pa.Schema:
    import pyarrow as pa

    return pa.schema([(name, pa.type_for_alias(kind)) for name, (kind, _) in columns.items()])


def _parsed(block: bytes, schema: pa.Schema) -> pa.Table:
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

    return arrow_csv.read_csv(
        pa.BufferReader(block),
        arrow_csv.ReadOptions(column_names=schema.names, use_threads=False),
        convert_options=arrow_csv.ConvertOptions(
            column_types=schema, null_values=[""], true_values=["t"], false_values=["f"]
        ),
    )

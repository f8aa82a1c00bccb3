"""Extracts one month of the trips table into a Parquet file for a script: Postgres's columns and types.

BigQuery writes the rows to the bucket, which is free. Rows over the API would take a minute per million.
"""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING

from nyc_tlc.core.bigquery.place import PREPARED_PREFIX, BigQueryTable
from nyc_tlc.core.bigquery.server_errors import named_cloud_errors
from nyc_tlc.core.bigquery.sql import statement
from nyc_tlc.core.bigquery.summary import total_of
from nyc_tlc.core.bigquery.zones import read_shapes_table, read_zones_table
from nyc_tlc.core.catalog import Warehouse
from nyc_tlc.core.errors import TableMissingError

if TYPE_CHECKING:
    from google.cloud.storage import Bucket

    from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse
    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.contract.model import Contract

log = logging.getLogger(__name__)

# Entered when there is something to write; its file gets its name if the block succeeds (core/files.py).
Draft = AbstractContextManager[IO[bytes]]


def extract_month(
    bucket: Bucket, warehouse: BigQueryWarehouse, file: TripFile, contract: Contract, draft: Draft
) -> int:
    """Write the columns that a report needs, for the file's month, to a draft; returns the number of rows.

    Raises TableMissingError if the trips table does not exist.
    """
    trips = warehouse.place.trips(file.taxi)
    found = warehouse.find(trips)
    if found is None:
        raise TableMissingError(
            f"The table {trips} does not exist. Load a month first: trigger "
            f'{Warehouse.BIGQUERY.dag_id(file.taxi)} with {{"month": "{file.month}"}}.'
        )
    there = {field.name for field in found.schema} - contract.ended_before(file.month)
    columns = _columns(contract, there)
    sql = statement(
        "extract_month",
        extract=_extract(warehouse, file).quoted,
        columns=", ".join(f"{value} AS {name}" for name, (_, value) in columns.items()),
        trips=trips.quoted,
        file_month=file.month.first_day.isoformat(),
    )
    kinds = {name: kind for name, (kind, _) in columns.items()}
    with _extracted(bucket, warehouse, file, sql) as parts, draft as target:
        return _joined(parts, kinds, target)


def extract_zones(warehouse: BigQueryWarehouse, draft: Draft) -> bool:
    """Write locationid, borough and zone as CSV to a draft; False where no zones are loaded."""
    zones = read_zones_table(warehouse)
    if not zones:
        log.info("No zones are loaded, so they have no names. Run the DAG tlc_bigquery_zones.")
        return False
    found = sorted(zones, key=lambda zone: zone.locationid)
    rows = ((str(zone.locationid), zone.borough, zone.zone) for zone in found)
    _write_csv([("locationid", "borough", "zone"), *rows], draft)
    return True


def extract_shapes(warehouse: BigQueryWarehouse, draft: Draft) -> bool:
    """Write locationid and GeoJSON as CSV to a draft; False where no shapes are loaded."""
    shapes = read_shapes_table(warehouse)
    if not shapes:
        log.info("No shapes are loaded, so there is no map. Run the DAG tlc_bigquery_zones.")
        return False
    found = sorted(shapes, key=lambda shape: shape.locationid)
    rows = ((str(shape.locationid), shape.geojson) for shape in found)
    _write_csv([("locationid", "geojson"), *rows], draft)
    return True


def _write_csv(rows: Iterable[Sequence[str | None]], draft: Draft) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    with draft as target:
        target.write(text.getvalue().encode())


def _columns(contract: Contract, there: set[str]) -> dict[str, tuple[str, str]]:
    """Arrow type and SQL expression by name, for the columns that the table has."""

    def of(name: str | None, expression: str = "{}") -> str:
        return expression.format(f"trip.{name}") if name in there else ""

    paid = [name for name in contract.revenue if name in there]
    values = {
        "pickup": ("timestamp[us]", of(contract.pickup)),
        "zone": ("int32", of("pulocationid")),
        "longitude": ("float64", of("pickup_longitude")),
        "latitude": ("float64", of("pickup_latitude")),
        "total": ("float64", total_of(paid) if paid else ""),
        "tip": ("float64", of(contract.tip)),
        "by_card": ("bool", of("payment_type", "({} = 1)")),
        "driver_pay": ("float64", of("driver_pay")),
    }
    return {name: (kind, value) for name, (kind, value) in values.items() if value}


def _extract(warehouse: BigQueryWarehouse, file: TripFile) -> BigQueryTable:
    place = warehouse.place
    return BigQueryTable(place.project, place.staging_dataset, f"report_{file.staging_table('')}")


@contextmanager
def _extracted(
    bucket: Bucket, warehouse: BigQueryWarehouse, file: TripFile, sql: str
) -> Iterator[Iterator[Path]]:
    """The query's rows as Parquet files, one on disk at a time; table and objects go in the end."""
    from google.cloud.bigquery import ExtractJobConfig

    table = _extract(warehouse, file)
    prefix = f"{PREPARED_PREFIX}{table.name}/"
    config = ExtractJobConfig(destination_format="PARQUET", compression="SNAPPY")
    try:
        warehouse.query(sql)
        with named_cloud_errors("extract"):
            warehouse.client.extract_table(
                str(table), f"gs://{bucket.name}/{prefix}*.parquet", job_config=config
            ).result()
        yield _downloaded(bucket, prefix)
    finally:
        warehouse.drop(table)
        with named_cloud_errors("extract"):
            for blob in list(bucket.list_blobs(prefix=prefix)):
                blob.delete()


def _downloaded(bucket: Bucket, prefix: str) -> Iterator[Path]:
    with TemporaryDirectory(prefix="nyc_tlc_") as folder:
        path = Path(folder, "part.parquet")
        for blob in list(bucket.list_blobs(prefix=prefix)):
            with named_cloud_errors("extract"):
                blob.download_to_filename(str(path))
            yield path


def _joined(parts: Iterator[Path], kinds: dict[str, str], target: IO[bytes]) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, pa.type_for_alias(kind)) for name, kind in kinds.items()])
    rows = 0
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for part in parts:
            for batch in pq.ParquetFile(part).iter_batches():
                table = pa.table(batch).select(schema.names).cast(schema)
                writer.write_table(table)
                rows += table.num_rows
    return rows

"""Transform: the reader's rows as a Parquet file in the bucket, which BigQuery loads as it is.

The same reader decides for both warehouses which rows are readable, and makes their values and ids. SQL over
the raw file would need a second set of rules, and BigQuery would bill its bytes; a load job is free.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from nyc_tlc.core.bigquery.columns import ARROW, column_types
from nyc_tlc.core.bigquery.objects import send
from nyc_tlc.core.bigquery.rejects import forget_rejects, record_rejects
from nyc_tlc.core.bigquery.server_errors import named_cloud_errors
from nyc_tlc.core.errors import ContractError, RowCountMismatchError
from nyc_tlc.core.reader.trips import TripReader
from nyc_tlc.core.xcom import XComValue

if TYPE_CHECKING:
    import pyarrow as pa
    from google.cloud.storage import Bucket

    from nyc_tlc.core.bigquery.place import BigQueryTable
    from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse
    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.contract.model import Contract
    from nyc_tlc.core.landing.landed import LandedFile

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PreparedMonth(XComValue):
    """A file of canonical rows in the bucket; the other fields are those of a StagedMonth."""

    uri: str
    rows: int
    rejected: int
    columns: list[str]
    unknown_columns: list[str]
    column_fingerprint: str


def prepare(
    bucket: Bucket,
    warehouse: BigQueryWarehouse,
    staging: BigQueryTable,
    file: TripFile,
    landed: LandedFile,
    contract: Contract,
    path: Path,
    max_rejects: int = 0,
) -> PreparedMonth:
    """Write the file's readable rows to the object that ``staging`` is loaded from.

    Unreadable rows go to ``tlc_reject``. Raises ContractError if there are more than ``max_rejects``,
    RowCountMismatchError if the download step counted another number of rows.
    """
    reader = TripReader(path, contract)
    if reader.match.unknown:
        log.warning(
            "%s has columns that the contract does not know: %s. They are left out; see "
            "docs/data-contract.md.", file.name, ", ".join(reader.match.unknown),
        )  # fmt: skip
    place = warehouse.place
    with TemporaryDirectory(prefix="nyc_tlc_") as folder:
        written = Path(folder, "rows.parquet")
        rows, rejected = _readable(warehouse, file, contract, reader, written, max_rejects)
        if rows + rejected != landed.rows:
            raise RowCountMismatchError(
                f"{file.name} has {landed.rows:,} rows by the download step's count, but {rows:,} were "
                f"read and {rejected:,} rejected. Nothing was staged. Download it again with force."
            )
        with named_cloud_errors("transform"):
            send(bucket, place.prepared_name(staging), written, {"sha256": landed.sha256})
    return PreparedMonth(
        uri=f"gs://{place.bucket}/{place.prepared_name(staging)}",
        rows=rows,
        rejected=rejected,
        columns=[column.name for column in reader.columns],
        unknown_columns=list(reader.match.unknown),
        column_fingerprint=reader.match.fingerprint,
    )


def forget_prepared(bucket: Bucket, warehouse: BigQueryWarehouse, staging: BigQueryTable) -> None:
    """Delete the object; the bucket's own rule deletes those of runs that were killed."""
    from google.api_core.exceptions import NotFound

    with named_cloud_errors("clean-up"):
        try:
            bucket.blob(warehouse.place.prepared_name(staging)).delete()
        except NotFound:
            log.debug("%s was not prepared", staging)


def _readable(
    warehouse: BigQueryWarehouse,
    file: TripFile,
    contract: Contract,
    reader: TripReader,
    path: Path,
    max_rejects: int,
) -> tuple[int, int]:
    """Write the readable rows; returns their number, and how many rows are in ``tlc_reject``."""
    try:
        rows = write_rows(path, file, contract, reader.batches())
    except ContractError:
        rejected = record_rejects(warehouse, file, reader.rejects(), max_rejects)
        return write_rows(path, file, contract, reader.readable_batches()), rejected
    forget_rejects(warehouse, file)
    return rows, 0


def write_rows(
    path: Path, file: TripFile, contract: Contract, batches: Iterable[pa.RecordBatch]
) -> int:
    """All columns of a trips table, as Parquet; a column that the file lacks is NULL."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {name: ARROW[kind] for name, kind in column_types(contract).items()}
    schema = pa.schema([(name, pa.type_for_alias(kind)) for name, kind in types.items()])
    constants = {"file_month": file.month.first_day, "filename": file.name}
    rows = 0

    def column(batch: pa.RecordBatch, field: pa.Field) -> pa.Array:
        if field.name in batch.schema.names:
            return batch.column(field.name).cast(field.type)
        return pa.repeat(pa.scalar(constants.get(field.name), field.type), batch.num_rows)

    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            columns = [column(batch, field) for field in schema]
            writer.write_batch(pa.record_batch(columns, schema=schema))
            rows += batch.num_rows
    return rows

"""Rows that cannot be read: kept unchanged in ``tlc_reject``, not loaded into the trips table.

The reader finds them, as for Postgres. Only a file with such rows is read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from nyc_tlc.core.bigquery.server_errors import named_cloud_errors
from nyc_tlc.core.bigquery.sql import statement
from nyc_tlc.core.reader.rejects import MOST_KEPT, BadRows, contract_error, too_many

if TYPE_CHECKING:
    from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse
    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.reader.rejects import Reject

SCHEMA = {
    "taxi": "STRING", "file_month": "DATE", "filename": "STRING", "line": "INT64",
    "column_name": "STRING", "value": "STRING", "reason": "STRING", "raw": "STRING",
}  # fmt: skip


def record_rejects(
    warehouse: BigQueryWarehouse, file: TripFile, rejects: Iterable[Reject], max_rejects: int
) -> int:
    """Replace the month's rejects with the file's; returns their number.

    Raises ContractError with the first of them if there are more than ``max_rejects``. The trips table
    is unchanged.
    """
    bad = BadRows(rejects)
    found = iter(bad)
    kept = list(islice(found, MOST_KEPT))
    rejected = len(kept) + sum(1 for _ in found)
    forget_rejects(warehouse, file)
    _record(warehouse, file, kept)
    if bad.count > max_rejects:
        error = contract_error(file.name, file.taxi, kept)
        raise too_many(error, bad.count, max_rejects, str(warehouse.place.rejects))
    return rejected


def forget_rejects(warehouse: BigQueryWarehouse, file: TripFile) -> None:
    """Delete the rejects of earlier loads of this month."""
    rejects = warehouse.place.rejects
    if warehouse.find(rejects) is None:
        return
    sql = statement("forget_rejects", rejects=rejects.quoted)
    warehouse.query(sql, taxi=str(file.taxi), file_month=file.month.first_day)


def _record(warehouse: BigQueryWarehouse, file: TripFile, rejects: Sequence[Reject]) -> None:
    """Uses a load job, which is free."""
    from google.cloud.bigquery import LoadJobConfig, SchemaField

    table = warehouse.place.rejects
    warehouse.query(statement("create_rejects", rejects=table.quoted))
    month = (str(file.taxi), str(file.month.first_day), file.name)
    lines = [
        dict(zip(SCHEMA, (*month, reject.line, *reject.texts), strict=True)) for reject in rejects
    ]
    config = LoadJobConfig(
        schema=[SchemaField(*field) for field in SCHEMA.items()],
        write_disposition="WRITE_APPEND",
    )
    with named_cloud_errors("reject"):
        warehouse.client.load_table_from_json(lines, str(table), job_config=config).result()

"""The zone lookup table in BigQuery; one load job, which is free, replaces all rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from nyc_tlc.core.bigquery.server_errors import named_cloud_errors
from nyc_tlc.core.bigquery.sql import statement
from nyc_tlc.core.zones import Zone

if TYPE_CHECKING:
    from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse


def load_zones(warehouse: BigQueryWarehouse, zones: Sequence[Zone]) -> int:
    """Replace the table's rows with these zones; returns their number. Creates it on first use."""
    from google.cloud.bigquery import LoadJobConfig

    table = warehouse.place.zones
    warehouse.query(statement("create_zones", zones=table.quoted))
    found = warehouse.find(table)
    assert found is not None
    config = LoadJobConfig(schema=found.schema, write_disposition="WRITE_TRUNCATE")
    with named_cloud_errors("zones"):
        rows = [asdict(zone) for zone in zones]
        warehouse.client.load_table_from_json(rows, str(table), job_config=config).result()
    return len(zones)


def read_zones_table(warehouse: BigQueryWarehouse) -> set[Zone]:
    """The table's rows; empty where the table does not exist."""
    table = warehouse.place.zones
    if warehouse.find(table) is None:
        return set()
    rows = warehouse.query(statement("zones", zones=table.quoted))
    return {Zone(*row.values()) for row in rows}

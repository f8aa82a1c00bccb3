"""The tables of the zones' names and shapes in BigQuery; one load job, which is free, replaces all rows
of one at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from nyc_tlc.core.bigquery.server_errors import named_cloud_errors
from nyc_tlc.core.bigquery.sql import statement
from nyc_tlc.core.shapes.archive import ZoneShape
from nyc_tlc.core.zones import Zone

if TYPE_CHECKING:
    from nyc_tlc.core.bigquery.place import BigQueryTable
    from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse


def load_zones(warehouse: BigQueryWarehouse, zones: Sequence[Zone]) -> int:
    """Replace the table's rows with these zones; returns their number. Creates it on first use."""
    table = warehouse.place.zones
    warehouse.query(statement("create_zones", zones=table.quoted))
    with named_cloud_errors("zones"):
        return _replace(warehouse, table, zones)


def load_shapes(warehouse: BigQueryWarehouse, shapes: Sequence[ZoneShape]) -> int:
    """Replace the table's rows with these shapes; returns their number. Creates it on first use."""
    table = warehouse.place.shapes
    warehouse.query(statement("create_shapes", shapes=table.quoted))
    with named_cloud_errors("shapes"):
        return _replace(warehouse, table, shapes)


def _replace(
    warehouse: BigQueryWarehouse,
    table: BigQueryTable,
    rows: Sequence[Zone] | Sequence[ZoneShape],
) -> int:
    from google.cloud.bigquery import LoadJobConfig

    found = warehouse.find(table)
    assert found is not None
    config = LoadJobConfig(schema=found.schema, write_disposition="WRITE_TRUNCATE")
    values = [asdict(row) for row in rows]
    warehouse.client.load_table_from_json(values, str(table), job_config=config).result()
    return len(rows)


def read_zones_table(warehouse: BigQueryWarehouse) -> set[Zone]:
    """The table's rows; empty where the table does not exist."""
    table = warehouse.place.zones
    if warehouse.find(table) is None:
        return set()
    rows = warehouse.query(statement("zones", zones=table.quoted))
    return {Zone(*row.values()) for row in rows}


def read_shapes_table(warehouse: BigQueryWarehouse) -> list[ZoneShape]:
    """The table's rows, by zone; empty where the table does not exist."""
    table = warehouse.place.shapes
    if warehouse.find(table) is None:
        return []
    rows = warehouse.query(statement("shapes", shapes=table.quoted))
    return [ZoneShape(*row.values()) for row in rows]

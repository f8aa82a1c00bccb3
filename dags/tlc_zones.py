"""### Load the taxi zones

Loads TLC's zone lookup into the table `taxi_zone_lookup`, and the zones' shapes into `taxi_zone_shape`:
`tlc_zones` in Postgres, `tlc_bigquery_zones` in BigQuery. The columns `pulocationid` and `dolocationid` of
the trips refer to both. Trigger the DAG once; after that, its schedule keeps the tables current.

```sql
SELECT borough, zone, count(*) FROM green_tripdata
JOIN taxi_zone_lookup ON locationid = pulocationid GROUP BY 1, 2 ORDER BY 3 DESC;
```

- A shape is a GeoJSON MultiPolygon in WGS 84, with few points: it is for drawing, not for measuring. The maps
  of `tlc_report` need it.
- The names do not need the shapes. `shapes` is skipped where the source has no shapes.
- Zones 264 and 265 (unknown, outside of New York) have no shape. Nor have 57, 104 and 105: in TLC's file,
  these places have the ids 56 and 103.
"""

from __future__ import annotations

# Airflow only reads files that contain the words airflow and dag.
from nyc_tlc.core.catalog import Warehouse
from nyc_tlc.operators.zones import (
    BigQueryZoneShapesOperator,
    BigQueryZonesOperator,
    PostgresZoneShapesOperator,
    PostgresZonesOperator,
)
from nyc_tlc.timetables.month import MonthTimetable
from nyc_tlc.wiring.dags import tool_dag
from nyc_tlc.wiring.defaults import GOOGLE_CLOUD, LANDING, WAREHOUSES

with tool_dag(
    "tlc_zones",
    description="Loads the names and shapes of the taxi zones into Postgres",
    doc_md=__doc__,
    schedule=MonthTimetable(hour=8),
    tags=["postgres"],
):
    PostgresZonesOperator(task_id="zones", landing=LANDING)
    PostgresZoneShapesOperator(task_id="shapes", landing=LANDING)

with tool_dag(
    "tlc_bigquery_zones",
    description="Loads the names and shapes of the taxi zones into BigQuery",
    auto_register=Warehouse.BIGQUERY in WAREHOUSES,
    doc_md=__doc__,
    schedule=MonthTimetable(hour=8),
    tags=["bigquery"],
):
    BigQueryZonesOperator(task_id="zones", landing=LANDING, **GOOGLE_CLOUD)
    BigQueryZoneShapesOperator(task_id="shapes", landing=LANDING, **GOOGLE_CLOUD)

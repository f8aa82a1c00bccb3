"""### Load the taxi zones

Loads TLC's zone lookup into the table `taxi_zone_lookup`: `tlc_zones` in Postgres, `tlc_bigquery_zones` in
BigQuery. The columns `pulocationid` and `dolocationid` of the trips refer to it. Trigger the DAG once; after
that, its schedule keeps the table current.

```sql
SELECT borough, zone, count(*) FROM green_tripdata
JOIN taxi_zone_lookup ON locationid = pulocationid GROUP BY 1, 2 ORDER BY 3 DESC;
```
"""

from __future__ import annotations

# Airflow only reads files that contain the words airflow and dag.
from nyc_tlc.core.catalog import Warehouse
from nyc_tlc.operators.zones import BigQueryZonesOperator, PostgresZonesOperator
from nyc_tlc.timetables.month import MonthTimetable
from nyc_tlc.wiring.dags import tool_dag
from nyc_tlc.wiring.defaults import GOOGLE_CLOUD, LANDING, WAREHOUSES

with tool_dag(
    "tlc_zones",
    description="Loads the taxi zone lookup into Postgres",
    doc_md=__doc__,
    schedule=MonthTimetable(hour=8),
    tags=["postgres"],
):
    PostgresZonesOperator(task_id="zones", landing=LANDING)

with tool_dag(
    "tlc_bigquery_zones",
    description="Loads the taxi zone lookup into BigQuery",
    auto_register=Warehouse.BIGQUERY in WAREHOUSES,
    doc_md=__doc__,
    schedule=MonthTimetable(hour=8),
    tags=["bigquery"],
):
    BigQueryZonesOperator(task_id="zones", landing=LANDING, **GOOGLE_CLOUD)

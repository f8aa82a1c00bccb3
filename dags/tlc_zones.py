"""### The taxi zones into Postgres

Loads TLC's zone lookup into `taxi_zone_lookup`, which `pulocationid` and `dolocationid` of the trips
refer to. Trigger it once; the schedule keeps it current.

```sql
SELECT borough, zone, count(*) FROM green_tripdata
JOIN taxi_zone_lookup ON locationid = pulocationid GROUP BY 1, 2 ORDER BY 3 DESC;
```
"""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import DAG

from nyc_tlc.operators.zones import PostgresZonesOperator
from nyc_tlc.timetables.month import MonthTimetable
from nyc_tlc.wiring.defaults import DEFAULT_ARGS, LANDING

with DAG(
    dag_id="tlc_zones",
    description="The taxi zone lookup into Postgres",
    doc_md=__doc__,
    schedule=MonthTimetable(hour=8),
    start_date=datetime(2019, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=True,
    tags=["tlc", "postgres"],
    default_args={**DEFAULT_ARGS, "on_failure_callback": None},
):
    PostgresZonesOperator(
        task_id="zones",
        landing=LANDING,
    )

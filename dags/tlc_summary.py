"""### Trips by day and zone

Writes the number of trips, the revenue, distance and tips by day and pickup zone to `trip_summary`, with
the same columns for all four taxis. The DAG runs when a month has been loaded (the merge sends an asset
event), and summarises only what is new.

- If a month is loaded again, it is summarised again: its rows are replaced in one transaction.
- The next run also summarises the months that were loaded while this DAG was paused. You can also
  *Trigger* it.

```sql
SELECT taxi, file_month, sum(trips), sum(revenue) FROM trip_summary GROUP BY 1, 2 ORDER BY 1, 2;
```
"""

from __future__ import annotations

from pathlib import Path

from airflow.sdk import AssetAny

from nyc_tlc.core.catalog import Taxi, Warehouse
from nyc_tlc.operators.summary import PostgresSummaryOperator
from nyc_tlc.wiring.dags import tool_dag
from nyc_tlc.wiring.defaults import trips_asset
from nyc_tlc.wiring.params import new_months_params

with tool_dag(
    "tlc_summary",
    description="Summarises each loaded month by day and zone",
    doc_md=__doc__,
    schedule=AssetAny(*(trips_asset(Warehouse.POSTGRES, taxi) for taxi in Taxi)),
    template_searchpath=str(Path(__file__).parent / "sql"),
    params=new_months_params(),
    tags=["postgres"],
):
    PostgresSummaryOperator(
        task_id="summarise",
        create="create_trip_summary.sql",
        summarise="summarise_month.sql",
        taxi="{{ params.taxi }}",
        month="{{ params.month }}",
    )

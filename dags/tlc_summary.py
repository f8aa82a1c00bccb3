"""### Trips by day and zone

Starts when a month has been loaded, by the asset event of its merge, and summarises just what is new
into `trip_summary`: trips, revenue, distance and tips by day and pickup zone, all four taxis alike.

- A month that is loaded again is summarised again; its rows are replaced in one transaction.
- Months loaded while this DAG was paused are made up for by its next run. By hand: *Trigger*.

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
    description="Trips by day and zone, of each month that is loaded",
    doc_md=__doc__,
    schedule=AssetAny(*(trips_asset(Warehouse.POSTGRES, taxi) for taxi in Taxi)),
    template_searchpath=str(Path(__file__).parents[1] / "include" / "sql"),
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

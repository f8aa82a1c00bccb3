"""### Trips by day and zone

Writes the number of trips, the revenue, distance and tips by day and pickup zone to `trip_summary`, with
the same columns for all four taxis: `tlc_summary` in Postgres, `tlc_bigquery_summary` in BigQuery. The DAG
runs when a month has been loaded (the merge sends an asset event), and summarises only what is new.

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
from nyc_tlc.operators.summary import BigQuerySummaryOperator, PostgresSummaryOperator
from nyc_tlc.wiring.dags import tool_dag
from nyc_tlc.wiring.defaults import GOOGLE_CLOUD, WAREHOUSES, trips_asset
from nyc_tlc.wiring.params import new_months_params

SQL = Path(__file__).parent / "sql"

with tool_dag(
    "tlc_summary",
    description="Summarises each loaded month by day and zone",
    doc_md=__doc__,
    schedule=AssetAny(*(trips_asset(Warehouse.POSTGRES, taxi) for taxi in Taxi)),
    template_searchpath=str(SQL),
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

with tool_dag(
    "tlc_bigquery_summary",
    description="Summarises each month in BigQuery by day and zone",
    auto_register=Warehouse.BIGQUERY in WAREHOUSES,
    doc_md=__doc__,
    schedule=AssetAny(*(trips_asset(Warehouse.BIGQUERY, taxi) for taxi in Taxi)),
    template_searchpath=str(SQL / "bigquery"),
    params=new_months_params(),
    tags=["bigquery"],
):
    BigQuerySummaryOperator(
        task_id="summarise",
        create="create_trip_summary.sql",
        summarise="summarise_month.sql",
        taxi="{{ params.taxi }}",
        month="{{ params.month }}",
        **GOOGLE_CLOUD,
    )

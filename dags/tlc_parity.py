"""### Compare Postgres and BigQuery

Checks that both warehouses have the same trips. One task per taxi compares each month: the number of
rows, the number of distinct `unique_row_id`s, the sum of the ids (a different value in any row changes
it), and the sum of the fares; and the summaries of the months that both have. The task `zones` compares
the zone lookups. If they differ, the task fails; its log shows the month, the figure and
both values. The DAG changes no data.

In BigQuery it reads two columns of the selected months. Connections: `tlc_postgres` and
`google_cloud_default`. The Variables of `tlc_gcp_setup` say where BigQuery's tables are.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param

from nyc_tlc.core.catalog import Taxi, Warehouse
from nyc_tlc.operators.parity import TaxiParityOperator, ZonesParityOperator
from nyc_tlc.wiring.dags import tool_dag
from nyc_tlc.wiring.defaults import GOOGLE_CLOUD, WAREHOUSES
from nyc_tlc.wiring.params import month_schema

ANY_MONTH = month_schema(Taxi.YELLOW.first_month)

with tool_dag(
    "tlc_parity",
    description="Compares the trips in Postgres and BigQuery, month by month",
    doc_md=__doc__,
    params={
        "first_month": Param("2009-01", type="string", **ANY_MONTH, title="First month"),
        "last_month": Param("2099-12", type="string", **ANY_MONTH, title="Last month"),
    },
    tags=["postgres", "bigquery"],
    auto_register=Warehouse.BIGQUERY in WAREHOUSES,
    default_args={"execution_timeout": timedelta(minutes=30)},
):
    for taxi in Taxi:
        TaxiParityOperator(
            task_id=str(taxi),
            taxi=taxi,
            first_month="{{ params.first_month }}",
            last_month="{{ params.last_month }}",
            **GOOGLE_CLOUD,
        )
    ZonesParityOperator(task_id="zones", **GOOGLE_CLOUD)

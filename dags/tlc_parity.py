"""### Do Postgres and BigQuery hold the same trips?

Compares both warehouses month by month, a task for each taxi: rows, distinct `unique_row_id`s, the sum
of the ids (which any other value in any row would change), and the sum of the fares. A task fails where
they differ, and its log says which month, which number, and both values. Nothing is changed.

In BigQuery it reads two columns of the months asked for. Connections: `tlc_postgres` and
`google_cloud_default`; where BigQuery's tables are, the Variables of `tlc_gcp_setup` say.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param

from nyc_tlc.core.catalog import Taxi, month_pattern
from nyc_tlc.operators.parity import TaxiParityOperator
from nyc_tlc.wiring.dags import tool_dag
from nyc_tlc.wiring.defaults import GOOGLE_CLOUD

ANY_MONTH = month_pattern(Taxi.YELLOW.first_month)

with tool_dag(
    "tlc_parity",
    description="Postgres and BigQuery compared, month by month",
    doc_md=__doc__,
    params={
        "first_month": Param("2009-01", type="string", pattern=ANY_MONTH, title="First month"),
        "last_month": Param("2099-12", type="string", pattern=ANY_MONTH, title="Last month"),
    },
    tags=["postgres", "bigquery"],
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

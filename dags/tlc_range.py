"""### Load many months with one form

Choose the **warehouse**, the **taxis**, and the first and the last **month**. The DAG triggers one run per
month of the taxi's own DAG (`tlc_postgres_green`, `tlc_bigquery_green` and so on). Unpause these DAGs
first. At the end the task **summary** writes a table of all months to its log.

- A month that fails does not stop the others. The task **summary** shows the month and its error. To load
  the month again, clear its task in the taxi's **load** task; the map index shows taxi and month.
- Each taxi's DAG loads at most eight months at the same time.
- If the range starts before a taxi's first month (`fhvhv`: 2019-02), its earlier months are left out.
- To do the same in a terminal, run `airflow backfill create` once per taxi.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import TaskGroup

from nyc_tlc.core.catalog import Taxi
from nyc_tlc.operators.month_range import (
    TaxiMonthsOperator,
    TaxiMonthTriggerOperator,
    TaxiRangeSummaryOperator,
    spelled,
)
from nyc_tlc.wiring.dags import tool_dag
from nyc_tlc.wiring.defaults import GOOGLE_CLOUD
from nyc_tlc.wiring.params import range_params

RANGE = {
    "warehouse": "{{ params.warehouse }}",
    "taxis": "{{ params.taxis }}",
    "first": "{{ params.from_year }}-{{ params.from_month }}",
    "last": "{{ params.to_year }}-{{ params.to_month }}",
}

with tool_dag(
    "tlc_range",
    description="Loads many months of several taxis: triggers one run of the taxi's DAG per month",
    doc_md=__doc__,
    max_active_runs=4,
    params=range_params(),
    tags=["postgres", "bigquery"],
):
    summary = TaxiRangeSummaryOperator(
        task_id="summary", **RANGE, **GOOGLE_CLOUD, trigger_rule="all_done"
    )
    for taxi in Taxi:
        with TaskGroup(str(taxi)):
            months = TaxiMonthsOperator(task_id="months", taxi=taxi, **RANGE)
            load = TaxiMonthTriggerOperator.partial(
                task_id="load",
                taxi=taxi,
                warehouse="{{ params.warehouse }}",
                doc_md=TaxiMonthTriggerOperator.__doc__,
                source="{{ params.source }}",
                force="{{ params.force }}",
                map_index_template="{{ task.taxi }} {{ task.month }}",
                # The triggered run has its own retries; this task waits until it has ended.
                retries=0,
                execution_timeout=timedelta(days=7),
                max_active_tis_per_dagrun=8,
            ).expand(month=months.output.map(spelled))
        load >> summary

"""### Load many months with one form

Choose the **warehouse**, the **taxis**, and the first and the last **month**. At the end the task
**summary** writes a table of all months to its log. **Mode** says how the months are loaded:

- *A run per month*: the DAG triggers one run per month of the taxi's own DAG (`tlc_postgres_green`,
  `tlc_bigquery_green` and so on). Unpause these DAGs first.
- *One task per year* (Postgres only): the task **load_year** loads the months of a year one after
  another, like `airflow tlc load`. The ledger, the checks and the tables are the same. It is much faster
  for years of months, because a month needs no tasks of its own.

- A month that fails does not stop the others. The task **summary** shows the month and its error. To load
  the month again, clear its task in the taxi's **load** task; the map index shows taxi and month. Or clear
  its year in **load_year**, which skips the months that are done.
- Each taxi's DAG loads at most eight months at the same time; **load_year** loads four years of a taxi.
- If the range starts before a taxi's first month (`fhvhv`: 2019-02), its earlier months are left out.
- To do the same in a terminal, run `airflow backfill create` once per taxi.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import TaskGroup

from nyc_tlc.core.catalog import Taxi, Warehouse
from nyc_tlc.operators.month_range import (
    TaxiMonthsOperator,
    TaxiMonthTriggerOperator,
    spelled,
)
from nyc_tlc.operators.range_summary import TaxiRangeSummaryOperator
from nyc_tlc.operators.year import TaxiYearOperator, TaxiYearsOperator
from nyc_tlc.wiring.dags import tool_dag
from nyc_tlc.wiring.defaults import GOOGLE_CLOUD, LANDING, SOURCE, trips_asset
from nyc_tlc.wiring.params import range_params

SPAN: dict[str, Any] = {
    "first": "{{ params.from_year }}-{{ params.from_month }}",
    "last": "{{ params.to_year }}-{{ params.to_month }}",
}
RANGE: dict[str, Any] = {
    **SPAN,
    "warehouse": "{{ params.warehouse }}",
    "taxis": "{{ params.taxis }}",
    "mode": "{{ params.mode }}",
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
            years = TaxiYearsOperator(task_id="years", taxi=taxi, **RANGE)
            load_year = TaxiYearOperator.partial(
                task_id="load_year",
                taxi=taxi,
                **SPAN,
                doc_md=TaxiYearOperator.__doc__,
                source=SOURCE,
                force="{{ params.force }}",
                landing=LANDING,
                map_index_template="{{ task.taxi }} {{ task.year }}",
                execution_timeout=timedelta(days=1),
                max_active_tis_per_dagrun=4,
                outlets=[trips_asset(Warehouse.POSTGRES, taxi)],
            ).expand(year=years.output)
        [load, load_year] >> summary

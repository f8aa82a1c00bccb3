"""### Many months, by a form

Choose **taxis**, the first and the last **month**. Each month of each taxi becomes a run of that taxi's
own DAG in the **warehouse** chosen (`tlc_postgres_green`, `tlc_bigquery_green` and so on), which must not be
paused; a last task writes a table to its log.

- A month that fails does not stop the others. The task **summary** names it; its table says why. To try
  it again, clear its task in its taxi's **load** (its name is the month's).
- How many load at once is the taxi DAG's business: each runs at most eight months at a time.
- A taxi's months begin with its first (`fhvhv`: 2019-02), wherever the range begins.
- The same from a terminal: `airflow backfill create`, a taxi at a time.
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
    description="A form for many months of several taxis: each a run of the taxi's own DAG",
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
                # The month's run has retries of its own, and waits as long as that takes.
                retries=0,
                execution_timeout=timedelta(days=7),
                max_active_tis_per_dagrun=8,
            ).expand(month=months.output.map(spelled))
        load >> summary

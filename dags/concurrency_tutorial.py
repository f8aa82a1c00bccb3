"""### What a run does while another one is running

Kestra's `concurrency` has three behaviours. Choose one in the form, and trigger the DAG twice within 30
seconds:

| Kestra | *If another run is busy* | the second run |
|---|---|---|
| `behavior: QUEUE` | `queue` | its task **work** waits (*scheduled*) until the first run has ended |
| `behavior: CANCEL` | `cancel` | ends at once as a success, its tasks *skipped* |
| `behavior: FAIL` | `fail` | ends at once as *failed* |

To queue whole runs, set `max_active_runs=1` on the DAG: Airflow then leaves the second run *queued*. Two
runs that start at the same moment see each other, and both give way.
"""

from __future__ import annotations

import time
from typing import Any

from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException
from airflow.sdk import Param, task

from nyc_tlc.wiring.dags import tool_dag

with tool_dag(
    "concurrency_tutorial",
    description="Queue, cancel or fail while another run is busy",
    doc_md=__doc__,
    max_active_runs=4,
    params={
        "when_busy": Param(
            "queue", enum=["queue", "cancel", "fail"], title="If another run is busy"
        ),
        "seconds": Param(30, type="integer", minimum=0, maximum=600, title="Seconds of work"),
    },
    tags=["tutorial"],
):

    @task
    def admit(params: dict[str, Any], ti: Any, dag_run: Any) -> str:
        """Lets the run go on, or ends it while another one is running."""
        others = ti.get_dr_count(dag_id=dag_run.dag_id, states=["running"]) - 1
        if others < 1:
            return "no other run is busy"
        if params["when_busy"] == "cancel":
            raise AirflowSkipException(f"cancelled: {others} other runs are busy")
        if params["when_busy"] == "fail":
            raise AirflowFailException(
                f"{others} other runs are busy. Trigger this run again later."
            )
        return f"{others} other runs are busy, so work waits for its turn"

    # One at a time over all runs: the limit that queues.
    @task(max_active_tis_per_dag=1)
    def work(params: dict[str, Any]) -> int:
        """Stands for the work that only one run may do at a time."""
        time.sleep(params["seconds"])
        return int(params["seconds"])

    admit() >> work()

"""### Check what TLC publishes

Asks TLC's server about each month of each taxi, once a day, and stores ETag, size and time of the check
in the Variable `tlc_source_check`. It downloads nothing.

The page *Browse → Taxi months* shows from it which months are missing, which are not published yet, and
which were republished after they were loaded. *Check now* on that page triggers this DAG.
"""

from __future__ import annotations

# Airflow only reads files that contain the words airflow and dag.
from nyc_tlc.core.months import SOURCE_CHECK
from nyc_tlc.operators.source_check import TaxiSourceCheckOperator
from nyc_tlc.wiring.dags import tool_dag

with tool_dag(
    "tlc_source",
    description="Checks which months TLC publishes",
    doc_md=__doc__,
    schedule="0 6 * * *",
    tags=["source"],
):
    TaxiSourceCheckOperator(task_id="check", variable=SOURCE_CHECK)

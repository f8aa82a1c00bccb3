"""### The course's names for the trips

Creates the schema `course` in Postgres: the trips under the names, quoting and types that the SQL of
the Data Engineering Zoomcamp expects (`yellow_taxi_trips`, `"PULocationID"`, `zones`, a `filename` that
ends in `.csv`). The views read the trips tables and copy nothing; `zones` is a copy of
`taxi_zone_lookup`. Loads never wait for them.

- Load a month and the zones (`tlc_zones`) first, then trigger this DAG. Trigger it again after the first
  month of another taxi.
- Begin your SQL with `SET search_path = course, public;`.
- To remove it: `DROP SCHEMA course CASCADE;`.
"""

from __future__ import annotations

from pathlib import Path

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator

from nyc_tlc.hooks.connections import POSTGRES
from nyc_tlc.wiring.dags import tool_dag

with tool_dag(
    "tlc_course",
    description="Creates views with the course's names, quoting and types in Postgres",
    doc_md=__doc__,
    template_searchpath=str(Path(__file__).parent / "sql"),
    tags=["postgres", "tutorial"],
):
    SQLExecuteQueryOperator(
        task_id="views", conn_id=POSTGRES, sql="course_views.sql", doc_md=__doc__
    )

"""### Three tables over the files in the bucket (module 3 of the course)

Creates one table over `gs://BUCKET/raw/TAXI/YEAR/`, then asks BigQuery how many bytes a query over it would
read. Bring the files to the bucket first: trigger a backfill of `tlc_bigquery_yellow` with *Load until* set
to the bucket.

| table | what it is |
|---|---|
| `yellow_2024_external` | external: the data stays in the bucket; BigQuery estimates 0 bytes |
| `yellow_2024` | plain: a query reads its columns whole |
| `yellow_2024_partitioned` | by drop-off day, clustered by vendor: a query reads the days that it names |

`plain` and `partitioned` read the external table, so create that first. The estimates are in the task's log
and in its *XCom*. The SQL is in `dags/sql/bigquery/`; the questions are in `docs/homework.md`.
"""

from __future__ import annotations

from pathlib import Path

from airflow.sdk import Param

from nyc_tlc.core.catalog import Warehouse
from nyc_tlc.operators.lab import BigQueryLabOperator
from nyc_tlc.wiring.dags import tool_dag
from nyc_tlc.wiring.defaults import BIGQUERY_JOB, WAREHOUSES

TABLES = {
    "external": "External: over the files in the bucket",
    "plain": "Plain: a copy of the external one",
    "partitioned": "Partitioned by drop-off, clustered by vendor",
}

with tool_dag(
    "tlc_lab",
    description="Creates the tables of the course's module 3, and shows what a query would read",
    doc_md=__doc__,
    auto_register=Warehouse.BIGQUERY in WAREHOUSES,
    template_searchpath=str(Path(__file__).parent / "sql" / "bigquery"),
    params={
        "table": Param("external", enum=list(TABLES), values_display=TABLES, title="Table"),
        "taxi": Param("yellow", enum=["yellow", "green"], title="Taxi"),
        "year": Param(2024, type="integer", minimum=2009, maximum=2100, title="Year of the files"),
    },
    tags=["bigquery", "course"],
):
    BigQueryLabOperator(
        task_id="create",
        table="{{ params.table }}",
        taxi="{{ params.taxi }}",
        year="{{ params.year }}",
        external="lab_external.sql",
        plain="lab_plain.sql",
        partitioned="lab_partitioned.sql",
        query="lab_query.sql",
        **BIGQUERY_JOB,
    )

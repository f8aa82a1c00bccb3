"""docs/homework.md from top to bottom on BigQuery: its months, then its queries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cloud_month import CloudMonth

from nyc_tlc.core.bigquery.place import BigQueryTable
from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse
from tests.support.homework import make_files, queries, require_answers

pytestmark = pytest.mark.integration


def plain_table(month: CloudMonth) -> str:
    """The raw object of the bucket in a table; returns its quoted name."""
    from google.cloud.bigquery import LoadJobConfig

    place = month.warehouse.place
    table = BigQueryTable(place.project, place.dataset, "raw")
    month.warehouse.client.load_table_from_uri(
        place.uri(month.file), str(table), job_config=LoadJobConfig(source_format="PARQUET")
    ).result()
    return table.quoted


EXTERNAL = "CREATE OR REPLACE EXTERNAL TABLE "


def test_each_query_answers(warehouse: BigQueryWarehouse, storage: Any, tmp_path: Path) -> None:
    """The emulator's external tables are empty, so a plain table of one file stands for that one."""
    asked = make_files(tmp_path)
    external = ""
    for each in asked:
        taxi, month = each.file.taxi, str(each.file.month)
        loaded = CloudMonth.of(warehouse, storage, each.path, taxi, month)
        loaded.into_trips()
        if each.file.name == "yellow_tripdata_2024-06.parquet":
            external = plain_table(loaded)
    answers = {}
    dataset = f"{warehouse.place.project}.{warehouse.place.dataset}"
    for query in queries("BigQuery"):
        sql = query.replace("nyc_tlc.yellow_2024_external", external).replace(
            "nyc_tlc.", f"{dataset}."
        )
        for table in ("green_tripdata", "yellow_tripdata", "fhv_tripdata", "tlc_load"):
            sql = sql.replace(f"FROM {table}", f"FROM {dataset}.{table}")
        if query.startswith(EXTERNAL):
            continue
        rows = [tuple(row.values()) for row in warehouse.query(sql)]
        if not query.startswith("CREATE"):
            answers[query] = rows
    require_answers({q: rows for q, rows in answers.items() if "BETWEEN" not in q}, asked)

"""The OpenLineage data of each step."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from nyc_tlc.core.landing.landed import LandedFile
from nyc_tlc.operators.download import TaxiDownloadOperator
from nyc_tlc.operators.postgres import PostgresMergeOperator

pytestmark = pytest.mark.unit

FILE = {
    "taxi": "green",
    "month": "2021-01",
    "source": "parquet",
    "url": "https://tlc.org/t/g.parquet",
}
LANDED = LandedFile("file:///landing/g.parquet", FILE["url"], '"1"', None, 999, "0" * 64, 76518)
TI: Any = SimpleNamespace()


def test_a_download_is_from_the_source_s_file_to_landing_s() -> None:
    download = TaxiDownloadOperator(task_id="download", file=FILE, landing="file:///landing")
    download._landed = LANDED
    found = download.get_openlineage_facets_on_complete(TI)
    assert [(data.namespace, data.name) for data in found.inputs] == [
        ("https://tlc.org", "t/g.parquet")
    ]
    [output] = found.outputs
    assert (output.namespace, output.name) == ("file", "/landing/g.parquet")
    statistics = output.outputFacets["outputStatistics"]
    assert (statistics.rowCount, statistics.size) == (76518, 999)


def test_a_merge_is_from_landing_s_file_to_the_trips_table_with_its_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fields = {
        "conn_type": "postgres",
        "host": "db",
        "port": 5433,
        "schema": "nyc",
        "password": "no",
    }
    monkeypatch.setenv("AIRFLOW_CONN_TLC_POSTGRES", json.dumps(fields))
    merge = PostgresMergeOperator(
        task_id="merge", file=FILE, landed={"uri": LANDED.uri}, staged={}, oddities={}
    )
    merge._rows = 76518
    found = merge.get_openlineage_facets_on_complete(TI)
    assert [data.name for data in found.inputs] == ["/landing/g.parquet"]
    [output] = found.outputs
    assert (output.namespace, output.name) == ("postgres://db:5433", "nyc.public.green_tripdata")
    assert output.outputFacets["outputStatistics"].rowCount == 76518
    columns = {field.name: field for field in output.facets["schema"].fields}
    assert columns["trip_distance"].type == "float"
    assert columns["lpep_pickup_datetime"].description


def test_a_download_that_failed_has_no_output() -> None:
    download = TaxiDownloadOperator(task_id="download", file=FILE, landing="file:///landing")
    assert download.get_openlineage_facets_on_complete(TI).outputs == []

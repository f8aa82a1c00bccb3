"""``airflow tlc load``, ``months`` and ``doctor`` with ``--warehouse bigquery``, on the emulators."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowSkipException
from cloud_month import CloudMonth
from cloud_steps import CloudSteps

from nyc_tlc.cli.bigquery import try_bigquery
from nyc_tlc.cli.steps import Options, ledger_of, load_month
from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse
from nyc_tlc.core.catalog import TripFile, Warehouse
from nyc_tlc.core.errors import ContractError, SettingsError
from tests.support.trip_files import write_month

pytestmark = pytest.mark.integration

OPTIONS = Options(warehouse=Warehouse.BIGQUERY)
FILE = TripFile.of("green", "2021-01")


@pytest.fixture(autouse=True)
def settings(warehouse: BigQueryWarehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = warehouse.place
    monkeypatch.setenv("AIRFLOW_VAR_GCP_PROJECT_ID", place.project)
    monkeypatch.setenv("AIRFLOW_VAR_GCP_BUCKET_NAME", place.bucket)
    monkeypatch.setenv("AIRFLOW_VAR_GCP_DATASET", place.dataset)
    monkeypatch.setenv("AIRFLOW_VAR_TLC_LANDING", (tmp_path / "landing").as_uri())
    source = {"conn_type": "nyc_tlc", "host": tmp_path.as_uri()}
    monkeypatch.setenv("AIRFLOW_CONN_TLC_DEFAULT", json.dumps(source))


def test_a_month_is_loaded_once_and_shown(warehouse: BigQueryWarehouse, tmp_path: Path) -> None:
    write_month(tmp_path, rows=12)
    steps: list[str] = []
    merged = load_month(FILE, OPTIONS, steps.append)
    assert (merged["outcome"], merged["rows"]) == ("merged", 12)
    assert steps == [
        "find", "download", "upload", "transform", "load", "check_rows", "check_oddities", "merge",
    ]  # fmt: skip
    [month] = ledger_of(Warehouse.BIGQUERY).months()
    assert (month.outcome, month.rows) == ("merged", 12)
    assert list(warehouse.client.list_tables(warehouse.place.staging_dataset)) == []
    with pytest.raises(AirflowSkipException, match="unchanged"):
        load_month(FILE, OPTIONS, steps.append)


def test_a_failed_step_is_in_the_ledger(warehouse: BigQueryWarehouse, tmp_path: Path) -> None:
    write_month(tmp_path, VendorID=[1.5] * 10)
    with pytest.raises(ContractError, match="set max_rejects to 10"):
        load_month(FILE, OPTIONS, lambda _: None)
    [month] = ledger_of(Warehouse.BIGQUERY).months()
    assert (month.outcome, month.task_id) == ("failed", "transform")


def test_the_doctor_names_what_is_missing(
    warehouse: BigQueryWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [(finding.what, finding.ok) for finding in try_bigquery()] == [
        ("dataset", True), ("dataset", True), ("bucket", True),
    ]  # fmt: skip
    warehouse.client.delete_dataset(warehouse.place.staging_dataset, delete_contents=True)
    [missing] = [finding for finding in try_bigquery() if not finding.ok]
    assert "_staging is missing" in missing.seen
    assert "tlc_gcp_setup" in missing.advice
    monkeypatch.delenv("AIRFLOW_VAR_GCP_PROJECT_ID")
    [unset] = list(try_bigquery())
    assert "SettingsError" in unset.seen
    with pytest.raises(SettingsError, match="gcp_project_id"):
        ledger_of(Warehouse.BIGQUERY)


def test_a_run_can_stop_when_the_file_is_in_the_bucket(
    warehouse: BigQueryWarehouse, storage: Any, tmp_path: Path
) -> None:
    steps = CloudSteps(CloudMonth.of(warehouse, storage, write_month(tmp_path), "green", "2021-01"))
    sent = steps.upload()
    with pytest.raises(AirflowSkipException, match="is in the bucket"):
        steps.transform(sent, until="bucket")
    [found] = storage.bucket(warehouse.place.bucket).list_blobs()
    assert found.name == "raw/green/2021/green_tripdata_2021-01.parquet"
    assert list(warehouse.client.list_tables(warehouse.place.staging_dataset)) == []

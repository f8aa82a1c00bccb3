"""Bucket and datasets: created once, in one location.

The emulator ignores labels, uniform access and the rule of a new bucket. So these tests check the rule
that a later run sets; unit/bigquery/test_new_bucket.py checks the rest.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nyc_tlc.core.bigquery.place import Place
from nyc_tlc.core.bigquery.setup import ensure_bucket, ensure_datasets, prove_rights
from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse
from nyc_tlc.core.errors import SettingsError

pytestmark = pytest.mark.integration


@pytest.fixture
def bare(warehouse: BigQueryWarehouse, place: Place) -> BigQueryWarehouse:
    """The same project, with nothing in it."""
    return BigQueryWarehouse(
        warehouse.client,
        replace(place, bucket=f"{place.bucket}-new", dataset=f"{place.dataset}_new"),
    )


def test_missing_bucket_and_datasets_are_created_only_once(
    bare: BigQueryWarehouse, storage: Any
) -> None:
    assert ensure_bucket(storage, bare, keep_raw_days=30) is True
    assert ensure_datasets(bare) == [bare.place.dataset, bare.place.staging_dataset]
    prove_rights(storage.bucket(bare.place.bucket), bare)
    assert ensure_bucket(storage, bare, keep_raw_days=30) is False
    assert ensure_datasets(bare) == []
    assert list(storage.list_blobs(bare.place.bucket)) == []
    assert list(bare.client.list_tables(bare.place.dataset)) == []


def test_the_bucket_deletes_old_raw_files(bare: BigQueryWarehouse, storage: Any) -> None:
    for _ in range(2):
        ensure_bucket(storage, bare, keep_raw_days=30)
    bucket = storage.get_bucket(bare.place.bucket)
    [staging, rule] = bucket.lifecycle_rules
    assert staging["condition"] == {"age": 1, "matchesPrefix": ["staging/"]}
    assert rule["condition"] == {"age": 30, "matchesPrefix": ["raw/"]}
    ensure_bucket(storage, bare, keep_raw_days=None)
    assert len(list(storage.get_bucket(bare.place.bucket).lifecycle_rules)) == 2
    ensure_bucket(storage, bare, keep_raw_days=0)
    assert list(storage.get_bucket(bare.place.bucket).lifecycle_rules) == [staging]


def test_staging_tables_expire_by_themselves(bare: BigQueryWarehouse) -> None:
    ensure_datasets(bare)
    table = f"{bare.place.staging_dataset}.left"
    bare.query(f"CREATE TABLE {table} AS SELECT 1 AS x")
    assert bare.client.get_table(table).expires is not None
    assert bare.client.get_dataset(bare.place.dataset).default_table_expiration_ms is None


def test_a_dataset_in_another_location_is_reported_with_its_fix(bare: BigQueryWarehouse) -> None:
    ensure_datasets(bare)
    elsewhere = BigQueryWarehouse(bare.client, replace(bare.place, location="europe-west2"))
    with pytest.raises(SettingsError, match="is in US, gcp_location is europe-west2"):
        ensure_datasets(elsewhere)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("project", None), ("project", "`x`; DROP"), ("bucket", "No_Bucket"), ("bucket", ""),
        ("dataset", "a-b"), ("dataset", "a`b"), ("location", "somewhere far"),
    ],
)  # fmt: skip
def test_invalid_names_in_settings_are_refused(place: Place, name: str, value: Any) -> None:
    settings = {"project": "p-123456", "location": "US", "bucket": "b-1", "dataset": "d"}
    with pytest.raises(SettingsError, match=f"{name} = .*gcp_project_id"):
        Place.of({**settings, name: value})

"""The emulators of Google Cloud, with a separate warehouse for each test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from dev import emulators as google_cloud
from nyc_tlc.core.bigquery.place import Place
from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse


@pytest.fixture
def cloud(
    emulators: google_cloud.Emulators, monkeypatch: pytest.MonkeyPatch
) -> google_cloud.Emulators:
    """The emulators, named in the environment, where Google's clients look for them."""
    for name, value in emulators.environment.items():
        monkeypatch.setenv(name, value)
    return emulators


@pytest.fixture
def place() -> Place:
    name = f"test_{uuid.uuid4().hex[:12]}"
    return Place(google_cloud.PROJECT, "US", name.replace("_", "-"), name)


@pytest.fixture
def storage(cloud: google_cloud.Emulators) -> Any:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud.storage import Client

    return Client(project=google_cloud.PROJECT, credentials=AnonymousCredentials())


@pytest.fixture
def warehouse(
    cloud: google_cloud.Emulators, storage: Any, place: Place
) -> Iterator[BigQueryWarehouse]:
    """Bucket and datasets are there, as tlc_gcp_setup leaves them.

    The datasets go in the end: the emulator lists all tables there are with each statement.
    """
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import bigquery

    client = bigquery.Client(
        project=place.project, location=place.location, credentials=AnonymousCredentials()
    )
    storage.create_bucket(place.bucket)
    datasets = (place.dataset, place.staging_dataset)
    for name in datasets:
        client.create_dataset(name)
    yield BigQueryWarehouse(client, place)
    for name in datasets:
        client.delete_dataset(name, delete_contents=True, not_found_ok=True)

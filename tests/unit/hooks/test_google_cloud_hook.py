"""Which libraries a BigQuery task imports, and which credentials a connection gives."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from airflow.sdk import Connection

from nyc_tlc.core.errors import SettingsError
from nyc_tlc.hooks import google_cloud
from nyc_tlc.hooks.google_cloud import GoogleCloud

pytestmark = pytest.mark.unit

# Each takes a good part of a second. A task needs none of them.
HEAVY = (
    "aiohttp", "db_dtypes", "gcloud", "google.cloud.bigquery_storage_v1", "googleapiclient", "pandas",
    "pandas_gbq", "pyarrow.dataset", "sqlalchemy_bigquery",
)  # fmt: skip
PROGRAM = """
import sys, time
import nyc_tlc.operators.bigquery
before = time.process_time()
import nyc_tlc.hooks.bigquery
print(time.process_time() - before, *sys.modules)
"""


def test_a_bigquery_task_imports_no_library_that_it_does_not_use() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True, timeout=60
    )
    seconds, *modules = done.stdout.splitlines()[-1].split()
    assert not set(HEAVY) & set(modules)
    assert {"google.cloud.bigquery", "google.cloud.storage"} <= set(modules)
    assert float(seconds) < 2, "0.9 s of CPU on an idle machine; 2.4 s with Airflow's own hooks"


def connection_of(extra: str) -> Connection:
    return Connection(conn_id="google", conn_type="google_cloud_platform", extra=extra)


def given(monkeypatch: pytest.MonkeyPatch, chain: Any = None, **extra: Any) -> dict[str, Any]:
    """What the provider's function gets for a connection with these fields."""
    calls: list[dict[str, Any]] = []

    def function(**values: Any) -> tuple[str, str]:
        calls.append(values)
        return "credentials", "its-project"

    monkeypatch.setattr(google_cloud, "get_credentials_and_project_id", function)
    cloud = GoogleCloud(connection_of(json.dumps(extra)), chain)
    return {**calls[0], "project": cloud.project}


SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ({}, {"project": "its-project"}),
        ({"project": "P", "key_path": "/key"}, {"project": "P", "key_path": "/key"}),
        ({"keyfile_dict": '{"a": 1}'}, {"keyfile_dict": {"a": 1}, "project": "its-project"}),
        ({"extra__google_cloud_platform__project": "P", "key_path": ""}, {"project": "P"}),
        ({"scope": "a,b", "project": "P"}, {"scopes": ["a", "b"], "project": "P"}),
        (
            {"impersonation_chain": "a@x, b@x", "project": "P"},
            {"target_principal": "b@x", "delegates": ["a@x"], "project": "P"},
        ),
    ],
)
def test_the_fields_of_a_connection(
    monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert given(monkeypatch, **extra) == {"scopes": SCOPES, **expected}


def test_an_operator_s_account_comes_before_the_connection_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert given(monkeypatch, "a@x", impersonation_chain="b@x")["target_principal"] == "a@x"


def test_a_key_that_is_not_json_is_not_shown() -> None:
    extra = json.dumps({"keyfile_dict": "{secret"})
    with pytest.raises(SettingsError, match="keyfile_dict .* is not JSON") as raised:
        GoogleCloud(connection_of(extra))
    assert "secret" not in str(raised.value)


def test_anonymous_credentials_make_clients() -> None:
    extra = json.dumps({"is_anonymous": True, "project": "a-project"})
    cloud = GoogleCloud(connection_of(extra))
    assert cloud.bigquery("b-project", "EU").project == "b-project"
    assert cloud.storage().project == "a-project"

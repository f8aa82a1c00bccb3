"""What the stack declares at every start, as Airflow's own classes read it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import init
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from test_compose import compose

pytestmark = pytest.mark.unit

ACCOUNT = "loader@P.iam.gserviceaccount.com"


@pytest.fixture(scope="module")
def key() -> dict[str, str]:
    """A service account's key, as Google makes them; nobody knows the account."""
    private = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return {
        "type": "service_account", "project_id": "P", "private_key": private.decode(),
        "private_key_id": "1", "client_email": "key@P.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    }  # fmt: skip


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("WAREHOUSE_LOADER_PASSWORD", "TLC_PARQUET_BASE", "TLC_CSV_BASE"):
        monkeypatch.setenv(name, name.lower())
    for name in ("GOOGLE_KEY", "GOOGLE_IMPERSONATE"):
        monkeypatch.setenv(name, "")
    return monkeypatch


def credentials(monkeypatch: pytest.MonkeyPatch) -> Any:
    """As Airflow's hooks of Google make them from the declared connection."""
    from airflow.providers.google.common.hooks.base_google import GoogleBaseHook

    declared = init.entries("connections")["google_cloud_default"]
    monkeypatch.setenv("AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT", json.dumps(declared))
    return GoogleBaseHook().get_credentials_and_project_id()


def test_without_settings_the_connection_to_google_is_not_touched(settings: Any) -> None:
    assert "google_cloud_default" not in init.entries("connections")
    assert "tlc_postgres" in init.entries("connections")


def test_a_key_in_env_is_what_google_s_hooks_use(settings: Any, key: dict[str, str]) -> None:
    settings.setenv("GOOGLE_KEY", json.dumps(key))
    found, project = credentials(settings)
    assert (found.service_account_email, project) == (key["client_email"], "P")


def test_the_key_s_account_impersonates_another(settings: Any, key: dict[str, str]) -> None:
    settings.setenv("GOOGLE_KEY", json.dumps(key))
    settings.setenv("GOOGLE_IMPERSONATE", ACCOUNT)
    found, _ = credentials(settings)
    assert found.service_account_email == ACCOUNT
    assert found._source_credentials.service_account_email == key["client_email"]


def test_compose_hands_the_key_on_as_it_is_written(tmp_path: Path, key: dict[str, str]) -> None:
    """As docs/google-cloud.md writes it into .env: one line, in single quotes."""
    env = tmp_path / ".env"
    example = (Path(init.__file__).parents[2] / ".env.example").read_text()
    env.write_text(f"{example}\nGOOGLE_KEY='{json.dumps({**key, 'odd': '$HOME #1'})}'\n")
    shown = compose("config", "--format", "json", env_file=env)
    given = json.loads(shown.stdout)["services"]["init"]["environment"]["GOOGLE_KEY"]
    # `config` prints each $ twice, so that its output is a compose file again.
    assert json.loads(given.replace("$$", "$")) == {**key, "odd": "$HOME #1"}

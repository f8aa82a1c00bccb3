"""The warehouse's connection over TLS, with a client certificate, against a server that wants both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dev.http_server import unused_port
from nyc_tlc.core.errors import WarehouseRefusedError
from nyc_tlc.hooks.postgres import TaxiPostgresHook
from tests.support.certificates import Authority, Pair
from tests.support.debian_postgres import DEBIAN_VERSION, postgres_versions, tls_postgres
from tests.support.missing import needs

pytestmark = pytest.mark.integration

ADDRESS, USER = "127.0.0.1", "postgres"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What an administrator hands out, and some that do not fit."""
    authority = Authority(tmp_path_factory.mktemp("certificates"))
    other = Authority(tmp_path_factory.mktemp("other"), "other")
    client, stranger = authority.issue(USER), other.issue("stranger")
    named_otherwise = authority.issue("somebody")
    return {
        "sslrootcert": authority.certificate, "sslcert": client.certificate, "sslkey": client.key,
        "other": other.certificate,
        "stranger": stranger.certificate, "stranger_key": stranger.key,
        "somebody": named_otherwise.certificate, "somebody_key": named_otherwise.key,
        **_server(authority.issue("server", ADDRESS)),
    }  # fmt: skip


def _server(pair: Pair) -> dict[str, Path]:
    return {"server": pair.certificate, "server_key": pair.key}


@pytest.fixture(scope="module")
def port(files: dict[str, Path]) -> Iterator[int]:
    if DEBIAN_VERSION not in postgres_versions():
        pytest.skip(
            needs(f"Debian's postgresql-{DEBIAN_VERSION}", "run as root; the wheel has no TLS")
        )
    port = unused_port()
    with tls_postgres(port, files["sslrootcert"], files["server"], files["server_key"]):
        yield port


def hook(
    monkeypatch: pytest.MonkeyPatch, port: int, host: str = ADDRESS, **extra: Any
) -> TaxiPostgresHook:
    fields = {"conn_type": "postgres", "host": host, "port": port, "login": USER, "schema": USER}
    given = {name: str(value) for name, value in extra.items()}
    monkeypatch.setenv("AIRFLOW_CONN_TLC_POSTGRES", json.dumps({**fields, "extra": given}))
    return TaxiPostgresHook()


def right(files: dict[str, Path]) -> dict[str, Any]:
    names = ("sslrootcert", "sslcert", "sslkey")
    return {"sslmode": "verify-full", **{name: files[name] for name in names}}


def test_a_client_certificate_and_a_verified_server(
    monkeypatch: pytest.MonkeyPatch, port: int, files: dict[str, Path]
) -> None:
    with hook(monkeypatch, port, **right(files)).get_conn() as connection:
        query = "SELECT ssl, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        assert connection.execute(query).fetchone() == (True, f"/CN={USER}")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"sslmode": "disable"}, "no pg_hba.conf entry.*no encryption"),
        ({"sslcert": "", "sslkey": ""}, "requires a valid client certificate"),
        ({"sslrootcert": "other"}, "certificate verify failed"),
        ({"sslcert": "stranger", "sslkey": "stranger_key"}, "(unknown ca|alert|valid client)"),
        ({"sslcert": "somebody", "sslkey": "somebody_key"}, "certificate authentication failed"),
        ({"sslkey": "/nowhere"}, "private key file"),
        ({"host": "localhost"}, "does not match host name"),
    ],
    ids=["no TLS", "no client", "other server", "stranger", "another user", "no key", "other host"],
)
def test_what_does_not_fit_is_refused_at_once_with_advice(
    monkeypatch: pytest.MonkeyPatch,
    port: int,
    files: dict[str, Path],
    changed: dict[str, str],
    message: str,
) -> None:
    extra = {**right(files), **{name: files.get(value, value) for name, value in changed.items()}}
    with pytest.raises(WarehouseRefusedError, match=message) as refused:
        hook(monkeypatch, port, **extra).get_conn()
    assert "ssl" in str(refused.value).lower()

"""Shared by integration tests: an HTTP server that misbehaves on request, and Google Cloud's emulators."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dev import emulators as google_cloud
from dev.http_server import Site, serve


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve() as running:
        yield running


@pytest.fixture(scope="session")
def emulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[google_cloud.Emulators]:
    with google_cloud.running_emulators(tmp_path_factory.mktemp("google_cloud")) as running:
        yield running

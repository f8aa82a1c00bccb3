"""Shared by integration tests: an HTTP server that misbehaves on request."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dev.http_server import Site, serve


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve() as running:
        yield running

"""What tests share: trip files, a real Postgres, and a rule that every test has a kind."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.debian_postgres import (
    DEBIAN_VERSION,
    debian_postgres,
    postgres_versions,
    server_folder,
)
from tests.support.missing import needs
from tests.support.skips import SkipSummary
from tests.support.trip_data import TripData, every_trip_data, generated, real, real_folder

KINDS = {"unit", "dags", "integration", "docker", "e2e"}


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(SkipSummary())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test without a kind would run at no one's call."""
    without = [item.nodeid for item in items if not KINDS & {m.name for m in item.iter_markers()}]
    if without:
        raise pytest.UsageError(f"mark these with one of {sorted(KINDS)}: {without}")


@pytest.fixture(scope="session", params=every_trip_data(), ids=str)
def trip_data(request: pytest.FixtureRequest) -> TripData:
    """Generated trip files, and then TLC's own where they are: the test runs on each."""
    found: TripData = request.param
    return found


@pytest.fixture(scope="session")
def slow_trip_data() -> TripData:
    """TLC's own trip files where they are, else generated ones: a slow test runs once."""
    return real() or generated()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """TLC's own trip files, for tests that generated ones cannot stand in for."""
    found = real()
    if found is None:
        reason = needs("TLC's own files", "export TLC_REAL_DATA=/a/folder/with/them")
        pytest.skip(f"{reason} (none at {real_folder()}; see tests/support/trip_data.py)")
    return found.folder


@pytest.fixture(scope="session", params=postgres_versions(), ids="postgres{}".format)
def postgres_socket(request: pytest.FixtureRequest) -> Iterator[str]:
    """Socket folder of a real server, one a version: stock settings, except that it need not survive
    a loss of power (with fsync, making and dropping a database takes half of a test's time).
    """
    if request.param == DEBIAN_VERSION:
        with debian_postgres(["-F"]) as socket:
            yield socket
        return
    from dev import warehouse as server

    with server_folder() as folder:
        home = folder / "data"
        settings = folder / "settings"
        settings.write_text("fsync = off\n")
        yield server.start(home, settings, version=request.param)
        server.stop(home, version=request.param)


@pytest.fixture
def database(postgres_socket: str) -> Iterator[dict[str, str]]:
    """Connection arguments of a database of the test's own."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    admin_args = {"host": postgres_socket, "user": "postgres"}
    with psycopg.connect(**admin_args, dbname="postgres", autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        yield {**admin_args, "dbname": name}
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def connection(database: dict[str, str]) -> Iterator[psycopg.Connection[Any]]:
    """An autocommit connection, as the hook makes them."""
    with psycopg.connect(**database, autocommit=True) as opened:
        yield opened

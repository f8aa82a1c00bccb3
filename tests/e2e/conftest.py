"""A real Airflow (scheduler, api-server, dag-processor, triggerer) with a real warehouse."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.trip_data import TripData

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def warehouse_socket() -> Iterator[str]:
    from dev import warehouse as server
    from tests.support.debian_postgres import server_folder

    with server_folder() as folder:
        home = folder / "data"
        yield server.start(home)
        server.stop(home)


@pytest.fixture(scope="session")
def trip_site(slow_trip_data: TripData) -> Iterator[Any]:
    """Months over HTTP, as TLC and the mirror serve them."""
    from dev.http_server import serve

    with serve() as site:
        for folder in ("trip-data", "csv-mirror"):
            for path in sorted((slow_trip_data / folder).iterdir()):
                site.publish(f"{folder}/{path.name}", path.read_bytes(), etag=f'"{path.name}"')
        yield site


@pytest.fixture(scope="session")
def publish_made_up(
    trip_site: Any, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., None]:
    """Publishes a generated month, of a taxi or month that the trip files have not."""
    from dev.generator import era_of, write

    def publish(taxi: str, month: str, rows: int) -> None:
        path = tmp_path_factory.mktemp("made_up") / f"{taxi}_tripdata_{month}.parquet"
        write(path, era_of(taxi, month), month, rows)
        trip_site.publish(f"trip-data/{path.name}", path.read_bytes())

    return publish


@pytest.fixture(scope="session")
def airflow(
    warehouse_socket: str, trip_site: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    from dev import warehouse as server
    from tests.support.own_airflow import an_airflow

    source = {
        "conn_type": "nyc_tlc", "host": f"{trip_site.base}/trip-data",
        "extra": {"csv_base": f"{trip_site.base}/csv-mirror"},
    }  # fmt: skip
    with an_airflow(
        tmp_path_factory.mktemp("airflow"),
        AIRFLOW_CONN_TLC_POSTGRES=server.airflow_connection(warehouse_socket),
        AIRFLOW_CONN_TLC_DEFAULT=json.dumps(source),
        TLC_START_MONTH="2098-01",
    ) as running:
        yield running


@pytest.fixture
def warehouse(warehouse_socket: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(
        host=warehouse_socket, user="postgres", dbname="nyc_tlc", autocommit=True
    ) as opened:
        yield opened

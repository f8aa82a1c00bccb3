"""Two workers that share no disk load a month through an object store: S3 (moto), Google's (an emulator)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dev.emulators import Emulators
from tests.support.object_stores import gs_store, s3_store, stored
from tests.support.worker import run_on_a_worker

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "dev" / "samples" / "trip-data"
NAME = "green_tripdata_2021-01.parquet"
ROWS = 4200
FOUND = {
    "taxi": "green", "month": "2021-01", "source": "parquet", "url": (SAMPLES / NAME).as_uri(),
}  # fmt: skip
DOWNLOAD = [["download:TaxiDownloadOperator", {}, "landed"]]
LOAD = [
    ["postgres:PostgresStageOperator", {}, "staged"],
    ["postgres:PostgresCheckRowsOperator", {}, "rows"],
    ["postgres:PostgresCheckOdditiesOperator", {}, "oddities"],
    ["postgres:PostgresMergeOperator", {}, "merged"],
]
CLEAN_UP = [["postgres:PostgresCleanUpOperator", {"keep_landed": False}, "nothing"]]


@pytest.fixture(scope="module")
def postgres_socket() -> Iterator[str]:
    """One version will do here."""
    from dev import warehouse as server
    from tests.support.debian_postgres import server_folder

    with server_folder() as folder:
        yield server.start(folder / "data", settings=None)
        server.stop(folder / "data")


@pytest.fixture
def s3(tmp_path: Path) -> Iterator[dict[str, str]]:
    with s3_store(tmp_path) as store:
        yield store


@pytest.fixture
def gs(emulators: Emulators) -> dict[str, str]:
    return gs_store(emulators)


@pytest.fixture(params=["s3", "gs"])
def store(request: pytest.FixtureRequest) -> dict[str, str]:
    return dict(request.getfixturevalue(request.param))


@pytest.fixture
def worker(store: dict[str, str], database: dict[str, str], tmp_path: Path) -> Any:
    """Runs steps in a process whose folders are empty before, and gone after."""
    warehouse = {
        "conn_type": "postgres", "host": database["host"], "login": database["user"],
        "schema": database["dbname"],
    }  # fmt: skip

    environment = {**store, "AIRFLOW_CONN_TLC_POSTGRES": json.dumps(warehouse)}
    return partial(run_on_a_worker, environment=environment, folder=tmp_path)


def test_two_workers_that_share_no_disk_load_a_month(
    worker: Any, store: dict[str, str], connection: psycopg.Connection[Any]
) -> None:
    landing = f"{store['STORE']}/landing"
    landed = worker(DOWNLOAD, file=FOUND, landing=landing)["landed"]
    assert landed["uri"] == f"{landing}/green/2021/{NAME}"
    assert NAME in stored(store)

    loaded = worker([*LOAD, *CLEAN_UP], file=FOUND, landing=landing, landed=landed)

    assert loaded["merged"]["rows"] == loaded["rows"] == ROWS
    assert connection.execute("SELECT count(*) FROM green_tripdata").fetchone() == (ROWS,)
    assert NAME not in stored(store)

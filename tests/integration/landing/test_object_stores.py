"""Two workers that share no disk load a month through an object store: S3 (moto), Google's (an emulator)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import Request, urlopen

import psycopg
import pytest

from dev.emulators import Emulators
from tests.support.s3_server import s3_server

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
BUCKET = f"taxis-{uuid.uuid4().hex[:8]}"


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
    with s3_server(tmp_path / "s3.log", BUCKET) as environment:
        yield {**environment, "LANDING": f"s3://aws_default@{BUCKET}/landing"}


@pytest.fixture
def gs(emulators: Emulators) -> dict[str, str]:
    bucket = json.dumps({"name": BUCKET}).encode()
    headers = {"Content-Type": "application/json"}
    urlopen(Request(f"{emulators.storage}/storage/v1/b?project=p", bucket, headers), timeout=10)
    landing = f"gs://google_cloud_default@{BUCKET}/landing"
    listing = f"{emulators.storage}/storage/v1/b/{BUCKET}/o"
    path = os.pathsep.join(sys.path)
    return {**emulators.environment, "PYTHONPATH": path, "LANDING": landing, "LISTING": listing}


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

    def run(steps: list[Any], **outputs: Any) -> dict[str, Any]:
        with TemporaryDirectory(dir=tmp_path) as own:
            temporary = Path(own, "tmp")
            temporary.mkdir()
            environment = {
                **os.environ, **store, "AIRFLOW_HOME": own, "TMPDIR": str(temporary),
                "AIRFLOW_CONN_TLC_POSTGRES": json.dumps(warehouse), "NO_PROXY": "127.0.0.1",
            }  # fmt: skip
            done = subprocess.run(
                [sys.executable, str(Path(__file__).with_name("run_steps.py"))],
                input=json.dumps({"steps": steps, "outputs": outputs}),
                env=environment, capture_output=True, text=True,
            )  # fmt: skip
            assert done.returncode == 0, done.stdout + done.stderr
            assert list(temporary.glob("nyc-tlc-*")) == []
        return dict(json.loads(done.stdout.splitlines()[-1]))

    return run


def test_two_workers_that_share_no_disk_load_a_month(
    worker: Any, store: dict[str, str], connection: psycopg.Connection[Any]
) -> None:
    landing = store["LANDING"]
    landed = worker(DOWNLOAD, file=FOUND, landing=landing)["landed"]
    assert landed["uri"] == f"{landing}/green/2021/{NAME}"
    assert NAME in stored(store)

    loaded = worker([*LOAD, *CLEAN_UP], file=FOUND, landing=landing, landed=landed)

    assert loaded["merged"]["rows"] == loaded["rows"] == ROWS
    assert connection.execute("SELECT count(*) FROM green_tripdata").fetchone() == (ROWS,)
    assert NAME not in stored(store)


def stored(store: dict[str, str]) -> str:
    """What the store says that it has."""
    with urlopen(store["LISTING"], timeout=10) as answer:
        return str(answer.read().decode())

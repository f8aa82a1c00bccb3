"""Workers that share no disk load a month and draw its report, in S3 (moto) and Google's emulator.

Only the container engine's folder is a worker's own; the api-server shares nothing with any of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dev.emulators import running_emulators
from tests.support.object_stores import gs_store, s3_store, stored
from tests.support.worker import run_on_a_worker

pytestmark = pytest.mark.docker

SAMPLES = Path(__file__).parents[2] / "dev" / "samples" / "trip-data"
FILE = {"taxi": "green", "month": "2021-01"}
FOUND = FILE | {
    "source": "parquet", "url": (SAMPLES / "green_tripdata_2021-01.parquet").as_uri(),
}  # fmt: skip
LOAD = [
    ["postgres:PostgresStageOperator", {}, "staged"],
    ["postgres:PostgresCheckRowsOperator", {}, "rows"],
    ["postgres:PostgresCheckOdditiesOperator", {}, "oddities"],
    ["postgres:PostgresMergeOperator", {}, "merged"],
    ["postgres:PostgresCleanUpOperator", {"keep_landed": False}, "nothing"],
]
PAGE = "/reports/green/2021-01/"


@pytest.fixture
def s3(tmp_path: Path) -> Iterator[dict[str, str]]:
    with s3_store(tmp_path) as store:
        yield store


@pytest.fixture
def gs(tmp_path: Path) -> Iterator[dict[str, str]]:
    with running_emulators(tmp_path / "google_cloud") as emulators:
        yield gs_store(emulators)


@pytest.fixture(params=["s3", "gs"])
def store(request: pytest.FixtureRequest) -> dict[str, str]:
    return dict(request.getfixturevalue(request.param))


@pytest.fixture
def worker(
    images: None, store: dict[str, str], database: dict[str, str], tmp_path: Path
) -> Callable[..., dict[str, Any]]:
    warehouse = {
        "conn_type": "postgres", "host": database["host"], "login": database["user"],
        "schema": database["dbname"],
    }  # fmt: skip
    environment = {
        **store,
        "AIRFLOW_CONN_TLC_POSTGRES": json.dumps(warehouse),
        "AIRFLOW_VAR_TLC_REPORTS": f"{store['STORE']}/reports",
    }
    return partial(run_on_a_worker, environment=environment, folder=tmp_path)


def test_a_month_is_loaded_and_reported_by_workers_that_share_no_disk(
    worker: Callable[..., dict[str, Any]], store: dict[str, str]
) -> None:
    landing, reports = f"{store['STORE']}/landing", f"{store['STORE']}/reports"
    months = ["report:PostgresReportMonthsOperator", {"reports": reports}, "months"]
    download = ["download:TaxiDownloadOperator", {}, "landed"]
    extract = ["report:PostgresExtractOperator", {"reports": reports, "file": FILE}, "extracted"]
    loaded = worker([download, *LOAD, months, extract], file=FOUND, landing=landing)
    assert loaded["months"] == [FILE]
    assert "input/trips.parquet" in stored(store)

    here = {"reports": "$AIRFLOW_HOME/shared", "mount": "$AIRFLOW_HOME/shared"}
    draw = ["report:TaxiReportOperator", here | {"store": reports}, "drawn"]
    clean_up = ["report:TaxiReportCleanUpOperator", {"reports": reports, "file": FILE}, "nothing"]
    drawn = worker([draw, clean_up, months], file=loaded["extracted"])
    assert drawn["months"] == []
    assert "trips.parquet" not in stored(store)
    for name in (*drawn["drawn"]["files"], "report.json"):
        assert f"green/2021-01/{name}" in stored(store)

    paths = ["/reports/", PAGE, f"{PAGE}report.png", "/reports/green/2021-02/"]
    pages = worker(paths, program="get_pages.py")
    assert [pages[path][0] for path in paths] == [200, 200, 200, 404]
    for path in paths[:2]:
        assert f"{drawn['drawn']['trips']:,} trips" in pages[path][1]

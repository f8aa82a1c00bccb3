"""Months into BigQuery by the real DAG, twice; and what is in both warehouses, compared."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.own_airflow import a_warehouse, prepared
from tests.support.trip_data import TripData

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]

# Some of each kind; tests/integration/bigquery/test_parity.py has every header that the files have had.
PARQUET = ["2020-03", "2020-12", "2021-01", "2021-02", "2023-12"]
CSV = ["2020-03", "2020-10"]
LONGEST_SECONDS = 900


@pytest.fixture(scope="module")
def cloud(
    slow_trip_data: TripData, warehouse_socket: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The environment of an Airflow that knows the emulators, the trip files and a Postgres."""
    from dev import emulators

    home = tmp_path_factory.mktemp("cloud")
    source = {
        "conn_type": "nyc_tlc", "host": (slow_trip_data / "trip-data").as_uri(),
        "extra": {"csv_base": (slow_trip_data / "csv-mirror").as_uri()},
    }  # fmt: skip
    with emulators.running_emulators(home / "google_cloud") as google_cloud:
        environment = prepared(
            home,
            **google_cloud.environment,
            AIRFLOW_CONN_TLC_POSTGRES=a_warehouse(warehouse_socket, "cloud"),
            AIRFLOW_CONN_TLC_DEFAULT=json.dumps(source),
            AIRFLOW_VAR_GCP_PROJECT_ID=emulators.PROJECT,
            AIRFLOW_VAR_GCP_BUCKET_NAME="tlc-e2e",
        )
        assert run(environment, "tlc_gcp_setup", {}) == [{"state": "success", "setup": "success"}]
        yield environment


def run(environment: dict[str, str], dag_id: str, *confs: dict[str, Any]) -> list[dict[str, str]]:
    """The state of each run and of its tasks."""
    command = [sys.executable, str(ROOT / "tests" / "e2e" / "run_dag.py"), dag_id]
    done = subprocess.run(
        [*command, *map(json.dumps, confs)],
        env=environment, capture_output=True, text=True, timeout=LONGEST_SECONDS,
    )  # fmt: skip
    runs = [json.loads(line[4:]) for line in done.stdout.splitlines() if line.startswith("RUN ")]
    assert len(runs) == len(confs), done.stdout + done.stderr
    return [{"state": each["state"], **each["tasks"]} for each in runs]


def client(environment: dict[str, str]) -> Any:
    from google.api_core.client_options import ClientOptions
    from google.auth.credentials import AnonymousCredentials
    from google.cloud.bigquery import Client

    options = ClientOptions(api_endpoint=environment["BIGQUERY_EMULATOR_HOST"])
    return Client("test-project", AnonymousCredentials(), client_options=options)


def months(environment: dict[str, str]) -> dict[str, int]:
    sql = "SELECT file_month, COUNT(*) AS n FROM nyc_tlc.green_tripdata GROUP BY file_month"
    return {f"{row.file_month:%Y-%m}": row.n for row in client(environment).query_and_wait(sql)}


def test_parquet_months_twice(cloud: dict[str, str], slow_trip_data: TripData) -> None:
    confs = [{"month": month} for month in PARQUET]
    first = run(cloud, "tlc_bigquery_green", *confs)
    assert {each["merge"] for each in first} == {"success"}
    expected = {month: slow_trip_data.rows[f"green_tripdata_{month}.parquet"] for month in PARQUET}
    assert months(cloud) == expected
    second = run(cloud, "tlc_bigquery_green", *confs)
    assert {each["unchanged"] for each in second} == {"success"}
    waiting = {**cloud, "AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE": "true"}
    forced = run(waiting, "tlc_bigquery_green", {"month": "2021-01", "force": True})
    assert forced[0]["merge"] == "success"
    assert months(cloud) == expected


def test_the_same_months_in_postgres_are_the_same_rows(cloud: dict[str, str]) -> None:
    loaded = run(cloud, "tlc_postgres_green", *({"month": month} for month in PARQUET))
    assert {each["merge"] for each in loaded} == {"success"}
    [parity] = run(cloud, "tlc_parity", {})
    assert parity == {
        "state": "success",
        **dict.fromkeys(("yellow", "green", "fhv", "fhvhv"), "success"),
        "zones": "skipped",  # neither warehouse has them here
    }


def test_months_of_the_mirror_twice(cloud: dict[str, str], slow_trip_data: TripData) -> None:
    """They replace the Parquet of their months, so that parity ends where they have other rows."""
    confs = [{"month": month, "source": "csv", "keep": False} for month in CSV]
    first = run(cloud, "tlc_bigquery_green", *confs)
    assert {each["merge"] for each in first} == {"success"}
    found = months(cloud)
    assert found["2020-03"] == slow_trip_data.rows["green_tripdata_2020-03.csv.gz"]
    ledger = client(cloud).query_and_wait(
        "SELECT file_month, rows_read, rows_merged FROM nyc_tlc.tlc_load "
        "WHERE filename LIKE '%.csv.gz'"
    )
    assert {(f"{r.file_month:%Y-%m}", r.rows_read) for r in ledger} == {(m, found[m]) for m in CSV}
    second = run(cloud, "tlc_bigquery_green", *confs)
    assert {each["unchanged"] for each in second} == {"success"}
    [parity] = run(cloud, "tlc_parity", {"first_month": "2020-03", "last_month": "2020-03"})
    assert parity["green"] == "failed"


def test_nothing_is_left_in_staging(cloud: dict[str, str]) -> None:
    assert list(client(cloud).list_tables("nyc_tlc_staging")) == []


def test_a_range_s_summary_uses_the_ledger_of_its_warehouse(cloud: dict[str, str]) -> None:
    """Its loads are marked as done, not run: no scheduler runs the months here."""
    from dev.cli import AIRFLOW

    def airflow(*words: str) -> str:
        done = subprocess.run([str(AIRFLOW), *words], env=cloud, capture_output=True, text=True)
        return done.stdout + done.stderr

    airflow("dags", "unpause", "tlc_bigquery_green")
    conf = {"warehouse": "bigquery", "from_month": "01", "to_month": "02"}
    message = airflow(
        "dags", "test", "tlc_range", "--conf", json.dumps(conf),
        "--mark-success-pattern", r".*\.load",
    )  # fmt: skip
    rows = months(cloud)
    told = [line.split()[:5] for line in message.splitlines()]
    for month in ("2021-01", "2021-02"):
        assert ["green", month, "not", "run", f"{rows[month]:,}"] in told


def test_a_month_that_cannot_be_read_changes_nothing(
    cloud: dict[str, str], slow_trip_data: TripData
) -> None:
    folder = Path(cloud["AIRFLOW_HOME"]) / "bad"
    folder.mkdir()
    cut = (slow_trip_data / "negative/truncated.parquet").read_bytes()
    (folder / "green_tripdata_2021-02.parquet").write_bytes(cut)
    bad = {"conn_type": "nyc_tlc", "host": folder.as_uri()}
    before = months(cloud)
    environment = {**cloud, "AIRFLOW_CONN_TLC_DEFAULT": json.dumps(bad)}
    [failed] = run(environment, "tlc_bigquery_green", {"month": "2021-02"})
    assert (failed["state"], failed["download"]) == ("failed", "failed")
    assert failed["upload"] == "upstream_failed"
    assert months(cloud) == before

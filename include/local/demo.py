"""``make demo``: three green months into an embedded Postgres, through a real Airflow."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Mapping
from typing import Any

import psycopg
import requests
from environment import ROOT, airflow_environment
from standalone import Airflow, running_airflow

from nyc_tlc.catalog import PARQUET_BASE, Month, Taxi, TripFile
from nyc_tlc.containers.engine import require_engine
from nyc_tlc.errors import TlcError

DAG_ID = "tlc_postgres_green"
MONTHS = [Month(2021, 1), Month(2021, 2), Month(2021, 3)]
SAMPLES = ROOT / "include" / "samples" / "trip-data"
ANSWER_SECONDS = 3
LONGEST_SECONDS = 600
HEADINGS = ("month", "rows in file", "rows in table", "MB", "seconds", "rows/s", "outcome")

LOADED = """
    SELECT to_char(file_month, 'YYYY-MM'), rows_read, bytes, month_rows.rows
    FROM (SELECT DISTINCT ON (file_month) * FROM tlc_load
          WHERE taxi = 'green' AND outcome = 'merged' ORDER BY file_month, load_id DESC) AS load
    LEFT JOIN (SELECT file_month, count(*) AS rows FROM green_tripdata GROUP BY 1) AS month_rows
    USING (file_month)
"""


def main() -> None:
    environment = airflow_environment()
    if "AIRFLOW_CONN_TLC_DEFAULT" not in environment:
        environment["AIRFLOW_CONN_TLC_DEFAULT"] = json.dumps(_source())
    print("Starting Airflow and its scheduler …", flush=True)
    with running_airflow(environment) as airflow:
        print(f"Airflow is at {airflow.url} (user {airflow.user}, password {airflow.password})")
        runs = _backfill(airflow)
        outcomes = {run["month"]: _outcome(airflow, run) for run in runs}
    _print_table(environment, runs, outcomes)
    print("\nLook around: make ui. Load another month: bin/airflow dags test tlc_postgres_green \\")
    print("""    --conf '{"month": "2021-04"}'   Query it: make psql""")
    print(_about_containers(environment))


def _about_containers(environment: Mapping[str, str]) -> str:
    """What becomes of the DAGs that need a container engine."""
    url = environment.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    try:
        require_engine(url)
    except TlcError as error:
        return f"\ntlc_report and products_tutorial need a container engine. {error}"
    return "Draw a month: make images, then trigger tlc_report in make ui"


def _source() -> dict[str, str]:
    """TLC's own server where it answers soon, else the samples in include/samples."""
    url = TripFile(Taxi.GREEN, MONTHS[0]).url(PARQUET_BASE)
    try:
        answers = requests.head(url, timeout=ANSWER_SECONDS).ok
    except requests.RequestException:
        answers = False
    if answers:
        print(f"Source: TLC's own server, {PARQUET_BASE}")
        return {"conn_type": "nyc_tlc", "host": PARQUET_BASE}
    print(f"Source: TLC's server does not answer here, so sample months stand in ({SAMPLES})")
    return {"conn_type": "nyc_tlc", "host": SAMPLES.as_uri()}


def _backfill(airflow: Airflow) -> list[dict[str, Any]]:
    """Backfill the months and wait until each run has ended."""
    command = (
        "backfill", "create", "--dag-id", DAG_ID, "--from-date", str(MONTHS[0].first_day),
        "--to-date", str(MONTHS[-1].first_day), "--reprocess-behavior", "completed",
    )  # fmt: skip
    print(f"$ bin/airflow {' '.join(command)}", flush=True)
    airflow.cli("dags", "unpause", DAG_ID)
    try:
        airflow.cli(*command)
        return _wait_for_runs(airflow)
    finally:
        airflow.close_backfills(DAG_ID)
        airflow.cli("dags", "pause", DAG_ID)


def _wait_for_runs(airflow: Airflow) -> list[dict[str, Any]]:
    deadline = time.monotonic() + LONGEST_SECONDS
    shown = ""
    while time.monotonic() < deadline:
        runs = _runs(airflow)
        states = "  ".join(f"{run['month']} {run['state']}" for run in runs)
        if states != shown:
            print(f"  {states}", flush=True)
            shown = states
        if len(runs) == len(MONTHS) and all(run["end_date"] for run in runs):
            return runs
        time.sleep(1)
    raise SystemExit(f"The backfill did not end within {LONGEST_SECONDS} s; see make ui")


def _runs(airflow: Airflow) -> list[dict[str, Any]]:
    found = airflow.get(f"dags/{DAG_ID}/dagRuns", run_type="backfill", order_by="logical_date")
    runs = [{**run, "month": run["data_interval_start"][:7]} for run in found["dag_runs"]]
    return [run for run in runs if run["month"] in map(str, MONTHS)]


def _outcome(airflow: Airflow, run: Mapping[str, Any]) -> str:
    path = f"dags/{DAG_ID}/dagRuns/{run['dag_run_id']}/taskInstances"
    states = {task["task_id"]: task["state"] for task in airflow.get(path)["task_instances"]}
    if states["unchanged"] == "success":
        return "unchanged, skipped"
    return "loaded" if states["merge"] == "success" else f"failed ({run['state']})"


def _print_table(
    environment: Mapping[str, str], runs: list[dict[str, Any]], outcomes: Mapping[str, str]
) -> None:
    with psycopg.connect(_conninfo(environment)) as connection:
        loads = {month: rest for month, *rest in connection.execute(LOADED).fetchall()}
    lines = [HEADINGS]
    for run in runs:
        month, outcome = run["month"], outcomes[run["month"]]
        rows_read, size, rows = loads.get(month, (0, 0, 0))
        seconds = _seconds(run)
        rate = f"{rows / seconds:,.0f}" if outcome == "loaded" else "-"
        size_mb = f"{size / 1e6:.1f}"
        lines.append(
            (month, f"{rows_read:,}", f"{rows:,}", size_mb, f"{seconds:.1f}", rate, outcome)
        )
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADINGS))]
    print()
    for line in lines:
        print("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))
    if any(outcome.startswith("failed") for outcome in outcomes.values()):
        raise SystemExit("\nA month failed: see its tasks' logs in make ui")


def _seconds(run: Mapping[str, Any]) -> float:
    """The whole run: scheduling and starting six tasks included."""
    start, end = (dt.datetime.fromisoformat(run[key]) for key in ("start_date", "end_date"))
    return (end - start).total_seconds()


def _conninfo(environment: Mapping[str, str]) -> str:
    fields = json.loads(environment["AIRFLOW_CONN_TLC_POSTGRES"])
    given = {
        "host": fields.get("host"), "port": fields.get("port"), "user": fields.get("login"),
        "password": fields.get("password"), "dbname": fields.get("schema"),
    }  # fmt: skip
    return psycopg.conninfo.make_conninfo(**{key: value for key, value in given.items() if value})


if __name__ == "__main__":
    main()

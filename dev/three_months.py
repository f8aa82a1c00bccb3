"""Loads three green months with a real Airflow and prints them, for ``make demo`` and ``demo-gcp``."""

from __future__ import annotations

import datetime as dt
import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from rich.table import Table

from dev.environment import SAMPLES, choose_source
from dev.progress import SILENCE_SECONDS, progress
from nyc_tlc.cli.session import terminal
from nyc_tlc.core.catalog import PARQUET_BASE, Month, Taxi, TripFile

if TYPE_CHECKING:
    from dev.standalone import Airflow

MONTHS = [Month(2021, 1), Month(2021, 2), Month(2021, 3)]
ANSWER_SECONDS = 3
LONGEST_SECONDS = 600
HEADINGS = ("month", "rows in file", "rows in table", "MB", "seconds", "rows/s", "outcome")

Loads = Mapping[str, Sequence[int]]


def source() -> dict[str, str]:
    """TLC's own server if it answers quickly, else the samples in dev/samples."""
    if _tlc_answers():
        print(f"Source: TLC's own server, {PARQUET_BASE}")
        return {"conn_type": "nyc_tlc", "host": PARQUET_BASE}
    print(f"Source: TLC's server cannot be reached, so the demo uses sample months ({SAMPLES})")
    return {"conn_type": "nyc_tlc", "host": SAMPLES.as_uri()}


def with_source(environment: dict[str, str]) -> dict[str, str]:
    """The environment with a source: the caller's, TLC's server, or the samples, also for later."""
    home, caller = Path(environment["AIRFLOW_HOME"]), os.environ.get("AIRFLOW_CONN_TLC_DEFAULT")
    if caller is None:
        found = source()
        choose_source(home, found)
    return {**environment, "AIRFLOW_CONN_TLC_DEFAULT": caller or json.dumps(found)}


def _tlc_answers() -> bool:
    url = TripFile(Taxi.GREEN, MONTHS[0]).url(PARQUET_BASE)
    try:
        return requests.head(url, timeout=ANSWER_SECONDS).ok
    except requests.RequestException:
        return False


def load_months(airflow: Airflow, dag_id: str) -> list[dict[str, Any]]:
    """Backfill the months; returns their runs, with month and outcome, when all have ended."""
    command = (
        "backfill", "create", "--dag-id", dag_id, "--from-date", str(MONTHS[0].first_day),
        "--to-date", str(MONTHS[-1].first_day), "--reprocess-behavior", "completed",
    )  # fmt: skip
    print(f"$ bin/airflow {' '.join(command)}", flush=True)
    try:
        with progress("creating the backfill"):
            airflow.unpause(dag_id)
            airflow.wait_for_backfills(dag_id)
            airflow.cli(*command)
        runs = _wait_for_runs(airflow, dag_id)
        return [{**run, "outcome": _outcome(airflow, dag_id, run)} for run in runs]
    finally:
        with progress("pausing the DAG again"):
            airflow.pause(dag_id)


def print_table(runs: Sequence[Mapping[str, Any]], loads: Loads) -> None:
    """``loads``: of each month, the rows in its file, the file's bytes, and the rows in the table."""
    lines = []
    for run in runs:
        month, outcome = run["month"], run["outcome"]
        rows_read, size, rows = loads.get(month, (0, 0, 0))
        seconds = _seconds(run)
        rate = f"{rows / seconds:,.0f}" if outcome == "loaded" else "-"
        size_mb = f"{size / 1e6:.1f}"
        lines.append(
            (month, f"{rows_read:,}", f"{rows:,}", size_mb, f"{seconds:.1f}", rate, outcome)
        )
    print()
    print_aligned(HEADINGS, lines)
    if any(run["outcome"].startswith("failed") for run in runs):
        raise SystemExit("\nA month failed: see its tasks' logs in make ui")


def print_aligned(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading, justify="right")
    for line in lines:
        table.add_row(*line)
    terminal().print(table)


def _wait_for_runs(airflow: Airflow, dag_id: str) -> list[dict[str, Any]]:
    deadline = time.monotonic() + LONGEST_SECONDS
    shown, silent_until = "", time.monotonic() + SILENCE_SECONDS
    while time.monotonic() < deadline:
        runs = _runs(airflow, dag_id)
        states = "  ".join(f"{run['month']} {run['state']}" for run in runs)
        if states != shown or time.monotonic() >= silent_until:
            print(f"  {states or 'waiting for the scheduler'}", flush=True)
            shown, silent_until = states, time.monotonic() + SILENCE_SECONDS
        if len(runs) == len(MONTHS) and all(run["end_date"] for run in runs):
            return runs
        time.sleep(1)
    raise SystemExit(f"The backfill did not end within {LONGEST_SECONDS} s; see make ui")


def _runs(airflow: Airflow, dag_id: str) -> list[dict[str, Any]]:
    found = airflow.get(f"dags/{dag_id}/dagRuns", run_type="backfill", order_by="logical_date")
    runs = [{**run, "month": run["data_interval_start"][:7]} for run in found["dag_runs"]]
    return [run for run in runs if run["month"] in map(str, MONTHS)]


def _outcome(airflow: Airflow, dag_id: str, run: Mapping[str, Any]) -> str:
    path = f"dags/{dag_id}/dagRuns/{run['dag_run_id']}/taskInstances"
    states = {task["task_id"]: task["state"] for task in airflow.get(path)["task_instances"]}
    if states["unchanged"] == "success":
        return "unchanged, skipped"
    return "loaded" if states["merge"] == "success" else f"failed ({run['state']})"


def _seconds(run: Mapping[str, Any]) -> float:
    """Duration of the whole run, including scheduling and task start-up."""
    start, end = (dt.datetime.fromisoformat(run[key]) for key in ("start_date", "end_date"))
    return (end - start).total_seconds()

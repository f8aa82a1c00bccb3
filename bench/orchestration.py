"""orchestration: what a small month costs through a scheduler, in one task per year, and without Airflow's
scheduler, against as many empty tasks. CPU seconds are those of Airflow's processes, without the warehouse
and without what an idle Airflow takes.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.inputs import input_folder
from bench.measure import HOME, ROOT, Figure, Sample, Target, take_turns
from bench.warehouse import TUNED, clean_slate, warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dev.standalone import Airflow

MONTHS = 12
ROWS = 2_000
YEAR = 2021
DAG_FILES = ("dags/tlc_postgres.py", "dags/tlc_range.py", "bench/seven_empty_tasks.py")
OURS, EMPTY, RANGE = "tlc_postgres_green", "seven_empty_tasks", "tlc_range"
WAIT_SECONDS, IDLE_SECONDS = 3600, 20
TICKS = os.sysconf("SC_CLK_TCK")


def measure(rows: int | None, rounds: int, months: int = MONTHS) -> Iterator[Figure]:
    if months > 12:
        raise SystemExit("orchestration: 12 months at most, those of one year.")
    with input_folder() as folder, warehouse(TUNED) as socket:
        _write_months(folder, months, rows or ROWS)
        environment = _environment(folder, socket)
        before = partial(clean_slate, socket)
        scheduled = _with_scheduler(environment, months, rounds, before)
        load = {"load": partial(_tlc_load, environment, months)}
        taken = scheduled | take_turns(load, rounds, "orchestration", before)
    against = {
        "runs": ("empty", f"{OURS}, a run per month / seven empty tasks", None),
        "year": ("runs", f"{RANGE}, one task per year / a run per month", Target(at_most=0.3)),
        "load": ("runs", "airflow tlc load / a run per month", Target(at_most=0.3)),
    }
    for ours, (theirs, what, target) in against.items():
        for unit in ("cpu", "seconds"):
            yield _figure(
                taken, ours, theirs, what, unit, months, target if unit == "cpu" else None
            )


def _figure(
    taken: Mapping[str, list[Sample]],
    ours: str,
    theirs: str,
    what: str,
    unit: str,
    months: int,
    target: Target | None,
) -> Figure:
    above, below = ([getattr(s, unit) for s in taken[name]] for name in (ours, theirs))
    label = "CPU seconds" if unit == "cpu" else "wall seconds"
    return Figure(
        section="orchestration",
        what=f"{what}: {label} per month of {months}",
        ours=f"{median(above) / months:.2f} s",
        theirs=f"{median(below) / months:.2f} s",
        ratios=tuple(a / b for a, b in zip(above, below, strict=True)),
        target=target,
    )


def _write_months(folder: Path, months: int, rows: int) -> None:
    from dev.generator import era_of, write

    for number in range(1, months + 1):
        month = f"{YEAR}-{number:02d}"
        write(folder / f"green_tripdata_{month}.parquet", era_of("green", month), month, rows)


def _environment(folder: Path, socket: str) -> dict[str, str]:
    """A home and a DAG folder of its own, with only the DAGs that are measured."""
    from dev import warehouse as server
    from dev.environment import airflow_environment

    home, dags = folder / "airflow", folder / "dags"
    dags.mkdir()
    for path in DAG_FILES:
        shutil.copy(ROOT / path, dags)
    own = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}
    return airflow_environment(
        {
            **own,
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",
            "AIRFLOW_VAR_TLC_LANDING": (folder / "landing").as_uri(),
            "AIRFLOW_CONN_TLC_POSTGRES": server.airflow_connection(socket),
            "AIRFLOW_CONN_TLC_DEFAULT": json.dumps(
                {"conn_type": "nyc_tlc", "host": folder.as_uri()}
            ),
            "TLC_START_MONTH": "2098-01",
            "TLC_WAREHOUSES": "postgres",
        }
    )


def _with_scheduler(
    environment: dict[str, str], months: int, rounds: int, before: Any
) -> dict[str, list[Sample]]:
    from dev.standalone import running_airflow

    with running_airflow(environment, port=0) as airflow:
        for dag_id in (OURS, EMPTY, RANGE):
            airflow.patch(f"dags/{dag_id}", {"is_paused": False})
        for dag_id in (OURS, EMPTY):
            _backfill(airflow, dag_id, 1)  # to warm up: imports, the file system's cache
        idle = _idle_rate()
        sides = {
            "runs": partial(_backfill, airflow, OURS, months, idle),
            "empty": partial(_backfill, airflow, EMPTY, months, idle),
            "year": partial(_year, airflow, months, idle),
        }
        return take_turns(sides, rounds, "orchestration", before)


def _idle_rate() -> float:
    """CPU seconds per second of an Airflow that has nothing to do."""
    with Measured() as measured:
        time.sleep(IDLE_SECONDS)
    rate = measured.sample.cpu / measured.sample.seconds
    print(f"  idle: {rate:.2f} CPU seconds per second", file=sys.stderr, flush=True)
    return rate


def _backfill(airflow: Airflow, dag_id: str, months: int, idle: float = 0) -> Sample:
    """All runs of a year's months, again in later rounds."""
    body = {
        "dag_id": dag_id,
        "from_date": f"{YEAR}-01-01T00:00:00Z",
        "to_date": f"{YEAR}-{months:02d}-01T00:00:00Z",
        "reprocess_behavior": "completed",
        "max_active_runs": 8,
    }
    with Measured(idle) as measured:
        airflow.post("backfills", body)
        _wait(airflow, dag_id, months, since=measured.clock)
    airflow.close_backfills(dag_id)
    return measured.sample


def _year(airflow: Airflow, months: int, idle: float) -> Sample:
    conf = {
        "taxis": ["green"], "mode": "year_tasks", "from_year": str(YEAR), "from_month": "01",
        "to_year": str(YEAR), "to_month": f"{months:02d}",
    }  # fmt: skip
    with Measured(idle) as measured:
        airflow.post(f"dags/{RANGE}/dagRuns", {"logical_date": None, "conf": conf})
        _wait(airflow, RANGE, 1, since=measured.clock)
    return measured.sample


def _wait(airflow: Airflow, dag_id: str, count: int, since: float) -> None:
    """Until as many runs have ended as there should be; one that failed ends the measurement."""
    from datetime import UTC, datetime

    started = datetime.fromtimestamp(since - 1, UTC).isoformat()
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        query = {"limit": 100, "start_date_gte": started}
        runs = airflow.get(f"dags/{dag_id}/dagRuns", **query)["dag_runs"]
        states = [run["state"] for run in runs]
        if "failed" in states:
            raise SystemExit(f"A run of {dag_id} has failed. The measurement is invalid.")
        if states.count("success") >= count:
            return
        time.sleep(1)
    raise SystemExit(f"{dag_id} did not end within {WAIT_SECONDS} s.")


def _tlc_load(environment: dict[str, str], months: int) -> Sample:
    span = f"{YEAR}-01..{YEAR}-{months:02d}"
    command = [sys.executable, "-m", "nyc_tlc", "load", "green", span]
    before, started = _reaped(), time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, cwd=HOME)
    return Sample(time.perf_counter() - started, cpu=_reaped() - before)


def _reaped() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Measured:
    """Wall and CPU seconds of this process's descendants while the block lasts.

    :param idle: CPU seconds per second that they would take anyway; they do not count.
    """

    def __init__(self, idle: float = 0) -> None:
        self._idle = idle

    def __enter__(self) -> Measured:
        self.clock = time.time()
        self._started, self._cpu = time.perf_counter(), _descendants_cpu()
        return self

    def __exit__(self, *_: object) -> None:
        seconds = time.perf_counter() - self._started
        cpu = _descendants_cpu() - self._cpu
        self.sample = Sample(seconds, cpu=cpu - self._idle * seconds)


def _descendants_cpu() -> float:
    """CPU seconds of all living descendants, and of the processes that they have waited for."""
    parents, used = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        pid = int(path.parent.name)
        parents[pid], used[pid] = int(fields[1]), sum(map(int, fields[11:15])) / TICKS
    return sum(cpu for pid, cpu in used.items() if _descends(pid, parents))


def _descends(pid: int, parents: Mapping[int, int]) -> bool:
    while pid := parents.get(pid, 0):
        if pid == os.getpid():
            return True
    return False

"""What is left of runs that ended while their worker was killed; ``doctor --fix`` removes it.

Nothing of a run that may still go on is touched: a run that Airflow has as queued or running, a table that a
session fills, a file that is locked or was changed a short time ago.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nyc_tlc.airflow_internals import ended_runs
from nyc_tlc.cli.checkup import STAGING, Finding
from nyc_tlc.cli.steps import landing_uri
from nyc_tlc.core.containers.engine import RUN_LABEL
from nyc_tlc.core.errors import TlcError
from nyc_tlc.core.landing.remote import local_path
from nyc_tlc.core.reports import INPUT, ReportFolder
from nyc_tlc.core.stored_files import TEMPORARY
from nyc_tlc.hooks.connections import POSTGRES
from nyc_tlc.overview import scripts_folder

if TYPE_CHECKING:
    from nyc_tlc.core.postgres.leftovers import StagingTable

PLACE = "leftovers"
# A try that is repeated continues its file within ten minutes; a task ends within two hours.
PART_SECONDS, FOLDER_SECONDS = 3600, 24 * 3600
# For a table of a run that this Airflow does not know, such as a killed ``airflow tlc load``.
UNKNOWN_AGE = dt.timedelta(days=2)
SHOWN = 5

# "dag_id run_id" of each run that Airflow knows, and whether it has ended.
Runs = Mapping[str, bool]


@dataclass(frozen=True)
class Leftover:
    name: str
    remove: Callable[[], object]


def try_leftovers(*, fix: bool) -> Iterator[Finding]:
    """One finding per kind: what there is or, with ``fix``, what was removed."""
    from airflow.providers.common.compat.sdk import AirflowNotFoundException

    known = ended_runs()
    if known is None:
        seen = "unknown, since Airflow's database cannot be read; only old leftovers are found"
        yield Finding(PLACE, "runs", True, seen)
    runs = known or {}
    for what, find in (
        ("staging tables", staging_tables),
        ("containers", containers),
        ("partial files", partial_files),
        ("report inputs", report_inputs),
        ("temporary folders", temporary_folders),
    ):
        try:
            yield _finding(what, list(find(runs)), fix=fix)
        except (TlcError, OSError, AirflowNotFoundException):
            yield Finding(PLACE, what, True, "not checked, since the place itself has a problem")


def _finding(what: str, found: list[Leftover], *, fix: bool) -> Finding:
    if not found:
        return Finding(PLACE, what, True, "none")
    names = ", ".join(each.name for each in found[:SHOWN]) + (", …" if found[SHOWN:] else "")
    if not fix:
        advice = "airflow tlc doctor --fix removes them."
        return Finding(PLACE, what, False, f"{len(found)} of ended runs: {names}", advice)
    for each in found:
        each.remove()
    return Finding(PLACE, what, True, f"removed {len(found)}: {names}")


def staging_tables(runs: Runs) -> Iterator[Leftover]:
    from nyc_tlc.core.postgres import leftovers
    from nyc_tlc.core.postgres.server_errors import named_server_errors
    from nyc_tlc.core.postgres.stage import drop_staging
    from nyc_tlc.core.postgres.tables import PostgresTable
    from nyc_tlc.hooks.postgres import TaxiPostgresHook

    def drop(name: str) -> None:
        with named_server_errors("doctor"), TaxiPostgresHook(POSTGRES).get_conn() as connection:
            drop_staging(connection, PostgresTable(STAGING, name))

    with named_server_errors("doctor"), TaxiPostgresHook(POSTGRES).get_conn() as connection:
        tables = leftovers.staging_tables(connection, STAGING)
    for table in tables:
        if is_leftover(table, runs, dt.datetime.now(dt.UTC)):
            yield Leftover(table.name, partial(drop, table.name))


def is_leftover(table: StagingTable, runs: Runs, now: dt.datetime) -> bool:
    """A table's name ends in the hash of its run (TripFile.staging_table)."""
    if table.is_being_filled:
        return False
    digest = table.name.rsplit("_", 1)[1]
    owners = [key for key in runs if hashlib.sha256(key.encode()).hexdigest()[:12] == digest]
    if owners:
        return all(runs[key] for key in owners)
    return table.staged_at is not None and table.staged_at < now - UNKNOWN_AGE


def containers(runs: Runs) -> Iterator[Leftover]:
    """Those of ended runs; none where no engine answers, or without the extra ``docker``."""
    if find_spec("docker") is None:
        return
    import docker
    from requests.exceptions import RequestException

    try:
        client = docker.from_env(timeout=5)
        found: list[Any] = client.containers.list(all=True, filters={"label": RUN_LABEL})
    except (docker.errors.DockerException, RequestException):
        return
    for container in found:
        if runs.get(container.labels[RUN_LABEL]):
            yield Leftover(container.name, partial(container.remove, force=True))


def partial_files(_: Runs) -> Iterator[Leftover]:
    """In landing, where that is a folder."""
    uri = landing_uri()
    if not uri.startswith(("file://", "/")):
        return
    for path in local_path(uri).rglob("*.part"):
        if path.is_file() and _is_quiet(path, PART_SECONDS) and not _is_locked(path):
            yield Leftover(str(path), partial(path.unlink, missing_ok=True))


def report_inputs(_: Runs) -> Iterator[Leftover]:
    """Months' extracts that no script will read, on this machine."""
    for report in ReportFolder.all_in(scripts_folder()):
        path = report.path / INPUT
        if path.exists() and _is_quiet(path, FOLDER_SECONDS):
            yield Leftover(str(path), report.forget_input)


def temporary_folders(_: Runs) -> Iterator[Leftover]:
    """Local copies of files that are in an object store."""
    for path in Path(tempfile.gettempdir()).glob(f"{TEMPORARY}*"):
        is_ours = not path.is_symlink() and path.is_dir() and path.stat().st_uid == os.getuid()
        if is_ours and _is_quiet(path, FOLDER_SECONDS):
            yield Leftover(str(path), partial(shutil.rmtree, path, ignore_errors=True))


def _is_quiet(path: Path, seconds: float) -> bool:
    return time.time() - path.lstat().st_mtime > seconds


def _is_locked(path: Path) -> bool:
    """Whether a download holds the file (landing/part.py)."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False

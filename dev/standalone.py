"""Runs a complete Airflow (scheduler, api-server, dag-processor, triggerer) for a ``with`` block."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from dev.cli import AIRFLOW, prepare
from dev.one_at_a_time import only_scheduler
from dev.progress import progress

START_SECONDS = 600  # a busy laptop
# Sometimes the api-server blocks itself on SQLite: it stops until the write times out
# (metadata_sqlite.py), and then answers 500.
ANSWER_SECONDS = 90
AGAIN = Retry(total=2, connect=0, read=0, status_forcelist=[500], allowed_methods=None)
PREFERRED_PORT = 8080
BACKFILL_SECONDS = 90
READ_SECONDS = 300


@dataclass(frozen=True)
class Airflow:
    """A running Airflow: its URL, its admin, and its REST API."""

    url: str
    user: str
    password: str
    environment: Mapping[str, str]

    def cli(self, *words: str) -> str:
        """Run a command of Airflow's CLI; returns its output, raises an error if it failed."""
        done = subprocess.run(
            [str(AIRFLOW), *words], env=dict(self.environment), capture_output=True, text=True
        )
        if done.returncode != 0:
            raise RuntimeError(f"airflow {' '.join(words)} failed: {done.stdout}{done.stderr}")
        return done.stdout

    def get(self, path: str, **query: Any) -> Any:
        """GET ``/api/v2/<path>`` as JSON."""
        return self._request("GET", f"{path}?{urlencode(query, doseq=True)}")

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._request("POST", path, body)

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._request("PATCH", path, body)

    def unpause(self, dag_id: str) -> None:
        self._set_paused(dag_id, paused=False)

    def pause(self, dag_id: str) -> None:
        self._set_paused(dag_id, paused=True)

    def _set_paused(self, dag_id: str, *, paused: bool) -> None:
        """As soon as the DAG processor has read it."""
        deadline = time.monotonic() + READ_SECONDS
        while not self.get("dags", dag_id_pattern=dag_id)["total_entries"]:
            if time.monotonic() > deadline:
                raise StartError(f"Airflow has not read {dag_id} within {READ_SECONDS} s")
            time.sleep(0.5)
        self.patch(f"dags/{dag_id}", {"is_paused": paused})

    def close_backfills(self, dag_id: str) -> None:
        """Complete backfills whose runs have ended; the scheduler does this only every 30 s.

        Not for a home that is used again: a run of a cancelled backfill that is cleared later stays
        queued (Airflow #72337).
        """
        for backfill in self.get("backfills", dag_id=dag_id)["backfills"]:
            if not backfill["completed_at"]:
                self._request("PUT", f"backfills/{backfill['id']}/cancel")

    def wait_for_backfills(self, dag_id: str) -> None:
        """Until the scheduler has completed those of an earlier start, because one may be open at a time."""
        deadline = time.monotonic() + BACKFILL_SECONDS
        while time.monotonic() < deadline and any(
            not backfill["completed_at"]
            for backfill in self.get("backfills", dag_id=dag_id)["backfills"]
        ):
            time.sleep(1)

    def _request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token()}"}
        url = f"{self.url}/api/v2/{path}"
        with requests.Session() as session:
            session.mount(self.url, HTTPAdapter(max_retries=AGAIN))
            answer = session.request(
                method, url, json=body, headers=headers, timeout=ANSWER_SECONDS
            )
        answer.raise_for_status()
        return answer.json()

    def _token(self) -> str:
        login = {"username": self.user, "password": self.password}
        answer = requests.post(f"{self.url}/auth/token", json=login, timeout=ANSWER_SECONDS)
        answer.raise_for_status()
        return str(answer.json()["access_token"])


@contextmanager
def running_airflow(
    environment: Mapping[str, str], port: int = PREFERRED_PORT, end_seconds: float = 15
) -> Iterator[Airflow]:
    """Start Airflow and wait until it is healthy; stop its whole process group after the block.

    It listens on 127.0.0.1, on ``port``, or on another port if that one is taken or 0. It has
    ``end_seconds`` to end by itself.
    """
    home = Path(environment["AIRFLOW_HOME"])
    free = str(_free_port(port))
    with only_scheduler(home, f"http://127.0.0.1:{free}"):
        yield from _running(environment, home, free, end_seconds)


def _running(
    environment: Mapping[str, str], home: Path, port: str, end_seconds: float
) -> Iterator[Airflow]:
    environment = {
        "AIRFLOW__API__PORT": port,
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        **environment,
    }
    with progress("preparing Airflow's database"):
        prepare(environment)
    with (home / "standalone.log").open("ab") as log:
        process = subprocess.Popen(
            [str(AIRFLOW), "standalone"], env=environment, stdout=log, stderr=log,
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}"
            with progress("starting Airflow"):
                _wait_until_healthy(url, process, home / "standalone.log")
            user, password = _user(Path(environment[PASSWORDS]))
            yield Airflow(url, user, password, environment)
        finally:
            _end(process, end_seconds)


PASSWORDS = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline, missing = time.monotonic() + START_SECONDS, ["the api-server"]
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise StartError(f"Airflow stopped while it was starting; see {log}")
        missing = _not_healthy(url)
        if not missing:
            return
        time.sleep(0.5)
    raise StartError(
        f"Airflow was not healthy within {START_SECONDS} s: waited for {', '.join(missing)}. If the machine "
        f"is busy, try again; otherwise see {log}"
    )


class StartError(RuntimeError):
    """Airflow did not start."""


def _not_healthy(url: str) -> list[str]:
    """The parts of Airflow that do not report to be healthy yet."""
    try:
        health = requests.get(f"{url}/api/v2/monitor/health", timeout=5).json()
    except requests.RequestException:
        return ["the api-server"]
    needed = ("metadatabase", "scheduler", "dag_processor", "triggerer")
    return [part for part in needed if health.get(part, {}).get("status") != "healthy"]


@contextmanager
def start_errors_as_text() -> Iterator[None]:
    """A program that cannot start Airflow ends with one sentence, for ``make``."""
    try:
        yield
    except StartError as error:
        raise SystemExit(f"\n{error}") from error


def _user(passwords: Path) -> tuple[str, str]:
    """The first user is the admin; a test may add others."""
    user, password = next(iter(json.loads(passwords.read_text()).items()))
    return user, password


def _end(process: subprocess.Popen[bytes], end_seconds: float) -> None:
    """Send SIGTERM to the group, because the parent does not pass it on; then kill what is left."""
    for signum, seconds in ((signal.SIGTERM, end_seconds), (signal.SIGKILL, 5)):
        try:
            os.killpg(process.pid, signum)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and _group_lives(process):
            time.sleep(0.2)


def _group_lives(process: subprocess.Popen[bytes]) -> bool:
    process.poll()
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def _free_port(preferred: int) -> int:
    for port in (preferred, 0):
        with closing(socket.socket()) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise RuntimeError("no free port on 127.0.0.1")

"""Emulators of Cloud Storage and BigQuery, for the tests and for ``make demo-gcp``.

Both run in a virtual environment in ``.local/emulators``, which is created on first use from pinned
versions. They listen on 127.0.0.1, need no credentials, and stop when the ``with`` block ends.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

HOME = Path(__file__).resolve().parents[1] / ".local" / "emulators"
REQUIREMENTS = Path(__file__).with_name("locks") / "emulators.txt"
READY = "requirements.txt"
PYTHON = "3.13"
DUCKDB = "v1.5.5"
PROJECT = "test-project"
START_SECONDS = 60


@dataclass(frozen=True)
class Emulators:
    """Addresses of the two servers."""

    storage: str
    bigquery: str

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that make Google's clients and Airflow's hooks use the emulators."""
        connection = {
            "conn_type": "google_cloud_platform",
            "extra": {"is_anonymous": True, "project": PROJECT},
        }
        return {
            "STORAGE_EMULATOR_HOST": self.storage,
            "BIGQUERY_EMULATOR_HOST": self.bigquery,
            "AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT": json.dumps(connection),
            # Else gcsfs asks for a bucket's layout by gRPC over TLS, and tries again for a minute.
            "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false",
        }


@contextmanager
def running_emulators(data: Path, home: Path = HOME) -> Iterator[Emulators]:
    """Start both for a ``with`` block. ``data``: the folder that keeps BigQuery's tables."""
    install(home)
    data.mkdir(parents=True, exist_ok=True)
    storage_port, bigquery_port, grpc_port = _free_ports(3)
    emulators = Emulators(*(f"http://127.0.0.1:{port}" for port in (storage_port, bigquery_port)))
    with ExitStack() as stack:
        stack.enter_context(
            _server(
                home, data / "storage.log", emulators.storage,
                ["gcp-storage-emulator", "start", "--host", "127.0.0.1", "--port", storage_port,
                 "--in-memory", "-q"],
            )
        )  # fmt: skip
        stack.enter_context(
            _server(
                home, data / "bigquery.log", emulators.bigquery,
                ["local-bigquery", "--host", "127.0.0.1", "--port", bigquery_port,
                 "--grpc-port", grpc_port, "--project", PROJECT, "--data-dir", str(data)],
                STORAGE_EMULATOR_HOST=emulators.storage,
            )
        )  # fmt: skip
        _read_once(emulators.bigquery)
        yield emulators


def _read_once(bigquery: str) -> None:
    """A load job from Cloud Storage, of nothing. The first one creates a secret in the emulator's catalog;
    two first ones at the same moment, and one of them fails.
    """
    project = f"{bigquery}/bigquery/v2/projects/{PROJECT}"
    table = {"projectId": PROJECT, "datasetId": "nothing", "tableId": "nothing"}
    _ask("POST", f"{project}/datasets", {"datasetReference": {"datasetId": "nothing"}})
    load = {
        "sourceUris": ["gs://nothing/nothing"], "sourceFormat": "CSV", "destinationTable": table,
        "schema": {"fields": [{"name": "nothing", "type": "STRING"}]},
    }  # fmt: skip
    _ask("POST", f"{project}/jobs", {"configuration": {"load": load}})
    _ask("DELETE", f"{project}/datasets/nothing?deleteContents=true")


def _ask(method: str, url: str, body: object = None) -> None:
    data = json.dumps(body).encode() if body else None
    with urlopen(
        Request(url, data, {"Content-Type": "application/json"}, method=method), timeout=60
    ):
        pass


def install(home: Path = HOME) -> None:
    """Create the environment from pinned versions, once; other processes wait for it."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_installed(home):
            return
        python = home / "venv" / "bin" / "python"
        _uv("venv", "--clear", "--python", PYTHON, str(home / "venv"))
        _uv("pip", "sync", "--python", str(python), str(REQUIREMENTS))
        _copy_extensions(home)
        shutil.copy(REQUIREMENTS, home / READY)


def is_installed(home: Path = HOME) -> bool:
    """Whether the environment exists with the current pinned versions."""
    ready = home / READY
    return ready.exists() and ready.read_bytes() == REQUIREMENTS.read_bytes()


def _uv(*words: str) -> None:
    """Run uv, which downloads Python if needed; PYENV_VERSION makes pyenv's shims offer theirs."""
    uv = Path(sys.executable).with_name("uv")
    done = subprocess.run(
        [str(uv), *words],
        env={**os.environ, "PYENV_VERSION": PYTHON},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise SystemExit(
            f"Could not create the emulators' environment: {done.stderr.strip()}\n"
            f"It needs Python {PYTHON}. Install it, and check that python{PYTHON} is on the PATH."
        )


def _copy_extensions(home: Path) -> None:
    """Copy DuckDB's extensions from their wheels to its extension folder, so that it downloads none."""
    ask = "import duckdb; print(duckdb.sql('PRAGMA platform').fetchone()[0])"
    python = home / "venv" / "bin" / "python"
    platform = subprocess.check_output([str(python), "-c", ask], text=True).strip()
    target = home / ".duckdb" / "extensions" / DUCKDB / platform
    target.mkdir(parents=True, exist_ok=True)
    for extension in (home / "venv").glob(
        f"lib/python*/site-packages/duckdb_extension_*/extensions/{DUCKDB}/*"
    ):
        shutil.copy(extension, target)


@contextmanager
def _server(
    home: Path, log: Path, url: str, command: Sequence[object], **environment: str
) -> Iterator[None]:
    program, *words = map(str, command)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(home / "venv" / "bin" / program), *words],
            env={**os.environ, "HOME": str(home), **environment},
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        _wait_until_it_answers(url, process, log)
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _wait_until_it_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urlopen(url, timeout=5)
        except HTTPError:
            return
        except (URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"An emulator did not start; see {log}")


def _free_ports(count: int) -> list[int]:
    """Free ports; all are held open together, so that they differ."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(closing(socket.socket())) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]

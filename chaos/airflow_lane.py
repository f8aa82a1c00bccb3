"""A lane whose loads are runs of ``tlc_postgres_TAXI`` in a real Airflow, with all its processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import psutil  # type: ignore[import-untyped]

from chaos.postgres_lane import PostgresLane
from chaos.proxy import Proxy
from chaos.server import SHORT as SERVER_LIMITS
from chaos.server import Server
from chaos.versions import MONTH
from dev.cli import AIRFLOW
from dev.environment import ROOT, airflow_environment
from dev.standalone import running_airflow

if TYPE_CHECKING:
    from chaos.proxy import Wire

# Seconds instead of minutes until Airflow notices that a process of its own is gone.
SHORT = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_SEC": "2",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
    "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "30",  # the machine is busy
    "TLC_POKE_SECONDS": "1",
}
RUN_SECONDS = 240.0
# The DAG file of this checkout, with retries after a second instead of half a minute.
DAG_FILE = """
from datetime import timedelta
from pathlib import Path
from nyc_tlc.wiring import defaults
defaults.DEFAULT_ARGS.update(retry_delay=timedelta(seconds=1), retries=8)
exec(compile(Path({path!r}).read_text(), {path!r}, "exec"))  # airflow DAG
"""


class AirflowLane(PostgresLane):
    """Airflow's own database is on Postgres, because several schedulers need row locks: a server of its
    own, which no fault hits.
    """

    warehouse = "airflow"

    def open(self) -> None:
        self.server.start_copy(self._created)
        self._metadata = Server(self.home / "metadata")
        self._metadata.start_copy(self._created)
        for setting in SERVER_LIMITS:
            self._metadata.execute(f"ALTER SYSTEM SET {setting} = 0")
        self._metadata.control("restart")
        self.proxy = Proxy(self.port)
        self._stack = ExitStack()
        self._dags = self.home / "dags"
        self._dags.mkdir()
        path = str(ROOT / "dags" / "tlc_postgres.py")
        (self._dags / "tlc_chaos.py").write_text(DAG_FILE.format(path=path))
        self._airflow = self._stack.enter_context(running_airflow(self._environment(), port=0))
        self._airflow.cli("dags", "unpause", self.dag_id)

    def close(self) -> None:
        if hasattr(self, "_stack"):
            self._stack.close()
        self._metadata.control("stop", mode="immediate")
        super().close()

    @property
    def dag_id(self) -> str:
        return f"tlc_postgres_{self.taxi}"

    def trigger(self, **conf: object) -> str:
        """Start a run of the month; returns its id."""
        body = {"logical_date": None, "conf": {"month": MONTH, **conf}}
        run: dict[str, Any] = self._airflow.post(f"dags/{self.dag_id}/dagRuns", body)
        return str(run["dag_run_id"])

    def state(self, run_id: str, task_id: str | None = None) -> str:
        path = f"dags/{self.dag_id}/dagRuns/{run_id}"
        if task_id:
            path += f"/taskInstances/{task_id}"
        return str(self._airflow.get(path)["state"])

    def states(self, run_id: str) -> dict[str, str]:
        """Of every task of a run."""
        tasks = self._airflow.get(f"dags/{self.dag_id}/dagRuns/{run_id}/taskInstances")
        return {task["task_id"]: task["state"] for task in tasks["task_instances"]}

    def wait_for(self, run_id: str, *states: str, task_id: str | None = None) -> str:
        """The state in the end; the last one seen where it did not come in time."""
        give_up_at = time.monotonic() + RUN_SECONDS * self.slowness
        while (state := self.state(run_id, task_id)) not in states:
            if time.monotonic() > give_up_at:
                return state
            time.sleep(0.5)
        return state

    def kill_service(self, name: str) -> None:
        """SIGKILL to the scheduler or triggerer, and a new one in its place, as a supervisor does it."""
        for process in self._processes(name):
            process.kill()
        self.start_service(name)

    def start_service(self, name: str) -> subprocess.Popen[bytes]:
        log = (self.home / f"{name}.log").open("ab")
        started = subprocess.Popen(
            [str(AIRFLOW), name], env=dict(self._airflow.environment), stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        self._stack.callback(_end, started)
        return started

    def _processes(self, name: str) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter(["cmdline"]):
            words = " ".join(process.info["cmdline"] or [])
            if f"airflow {name}" not in words and not words.endswith(f"/airflow {name}"):
                continue
            if process.environ().get("AIRFLOW_HOME") == str(self.home / "airflow"):
                found.append(process)
        return found

    def _environment(self) -> dict[str, str]:
        warehouse = {
            "conn_type": "postgres", "host": "127.0.0.1", "port": self.proxy.port,
            "login": "postgres", "schema": "nyc_tlc",
            "extra": {"sslmode": "disable", "gssencmode": "disable"},
        }  # fmt: skip
        own = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}
        return airflow_environment(
            {
                **own, **SHORT,
                "AIRFLOW_HOME": str(self.home / "airflow"),
                "AIRFLOW__CORE__DAGS_FOLDER": str(self._dags),
                "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": (
                    f"postgresql+psycopg2://postgres@127.0.0.1:{self._metadata.port}/nyc_tlc"
                ),
                "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS": "",
                "AIRFLOW_VAR_TLC_LANDING": self.landing.as_uri(),
                "AIRFLOW_CONN_TLC_POSTGRES": json.dumps(warehouse),
                **self.source_connection(),
            }
        )  # fmt: skip


def task_process(wire: Wire) -> psutil.Process:
    """The process at the client's end of a connection: a task, whose parent is its supervisor."""
    port = wire.client.getpeername()[1]
    [pid] = {
        c.pid for c in psutil.net_connections("tcp")
        if c.laddr.port == port and c.raddr and c.raddr.port == wire.proxy.port
    }  # fmt: skip
    return psutil.Process(pid)


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    except ProcessLookupError:
        pass

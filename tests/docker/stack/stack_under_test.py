"""A compose project of a test's own: its settings, its commands, and what is left of it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import env as stack_env
from env_file import parsed

from dev.standalone import Airflow
from tests.support.compose_tool import compose_command
from tests.support.products_api import BODY

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
NETWORK = os.environ.get("TLC_BUILD_NETWORK", "")
TARGETS = {
    "POSTGRES_IMAGE": "postgres",
    "PGADMIN_IMAGE": "pgadmin",
    "REDIS_IMAGE": "redis",
}


def build_stand_ins(python_base: str, debian_base: str) -> dict[str, str]:
    """Build Airflow's image from our Dockerfile, and a stand-in for each image that others make."""
    bases = {"PYTHON_BASE": python_base, "DEBIAN_BASE": debian_base}
    _build_target(bases, "airflow")
    ours = {"AIRFLOW_BASE_IMAGE": "nyc-tlc-test/airflow"}
    with ThreadPoolExecutor() as beside:
        airflow = beside.submit(_build, "nyc-tlc-test/stack-airflow", ROOT, ours)
        for target in TARGETS.values():
            _build_target(bases, target)
        proxy = build_socket_proxy(python_base)
        airflow.result()
    images = {setting: f"nyc-tlc-test/{target}" for setting, target in TARGETS.items()}
    return {**images, **proxy, "AIRFLOW_IMAGE": "nyc-tlc-test/stack-airflow"}


def build_socket_proxy(python_base: str) -> dict[str, str]:
    """Build the proxy's image from this checkout."""
    tag = "nyc-tlc-test/socket-proxy"
    _build(tag, ROOT / "include" / "stack" / "socket-proxy", {"BASE": python_base})
    return {"SOCKET_PROXY_IMAGE": tag}


def _build_target(bases: dict[str, str], target: str) -> None:
    file = HERE / "stand_ins.Dockerfile"
    _build(f"nyc-tlc-test/{target}", HERE, bases, "--file", str(file), "--target", target)


def _build(tag: str, context: Path, arguments: dict[str, str], *words: str) -> None:
    began = time.monotonic()
    network = ["--network", NETWORK] if NETWORK else []
    given = [word for pair in arguments.items() for word in ("--build-arg", "=".join(pair))]
    _run("docker", "build", "--tag", tag, *network, *given, *words, str(context))
    print(f"built {tag} in {time.monotonic() - began:.0f} s")


class Stack:
    """``docker-compose.yaml`` as project of its own, on free ports, with made secrets."""

    def __init__(self, folder: Path, images: dict[str, str], trip_files: Path) -> None:
        self.project = f"nyc-tlc-test-{uuid.uuid4().hex[:8]}"
        self._env_file = folder / ".env"
        self._images = images
        self._trip_files = trip_files
        products = folder / "products.json"
        products.write_bytes(BODY)
        ports = _free_ports("AIRFLOW_PORT", "WAREHOUSE_PORT", "PGADMIN_PORT", "PROXY_PORT")
        self._own = {
            **images, **ports, "COMPOSE_PROJECT_NAME": self.project, "TRIP_FILES": str(trip_files),
            "PRODUCTS": str(products), "TLC_PARQUET_BASE": "http://trip-files:8000/trip-data",
            "TLC_START_MONTH": "2098-01", "DOCKER_SOCKET": _engine_socket(),
        }  # fmt: skip
        self.make_secrets()

    @property
    def settings(self) -> dict[str, str]:
        return parsed(self._env_file.read_text())

    def make_secrets(self) -> None:
        """New ones, as `make env` makes them."""
        self._env_file.unlink(missing_ok=True)
        stack_env.make(self._env_file)
        self.set(**self._own)

    def set(self, **settings: str) -> None:
        """As somebody edits the file; it holds from the next ``up``."""
        text = self._env_file.read_text()
        for name in settings:
            text = re.sub(rf"(?m)^{name}=.*\n", "", text)
        self._env_file.write_text(text + "".join(f"{n}={v}\n" for n, v in settings.items()))

    def compose(self, *words: str) -> str:
        """What the command printed; raises with all of it where it failed."""
        files = [
            "--file",
            str(ROOT / "docker-compose.yaml"),
            "--file",
            str(HERE / "compose.test.yaml"),
        ]
        return _run(*compose_command(), *files, "--env-file", str(self._env_file), *words)

    def up(self, *words: str) -> str:
        return self.compose("up", "--wait", "--no-build", "--quiet-pull", *words)

    def remove(self) -> None:
        self.compose("--profile", "*", "down", "--volumes", "--remove-orphans", "--timeout", "20")

    def left(self) -> dict[str, list[str]]:
        """Containers, networks and volumes that the project still has."""
        label = ["--filter", f"label=com.docker.compose.project={self.project}"]
        commands = {
            "containers": ["docker", "ps", "--all", "--quiet", *label],
            "networks": ["docker", "network", "ls", "--quiet", *label],
            "volumes": ["docker", "volume", "ls", "--quiet", *label],
        }
        return {kind: _run(*command).split() for kind, command in commands.items()}

    def airflow(self) -> Airflow:
        """Its REST API."""
        settings = self.settings
        url = f"http://127.0.0.1:{settings['AIRFLOW_PORT']}"
        return Airflow(url, "admin", settings["AIRFLOW_ADMIN_PASSWORD"], {})

    def psql(self, sql: str, user: str = "reader") -> list[str]:
        """Lines that psql prints, over the network and with a password, as any client comes."""
        password = self.settings[f"WAREHOUSE_{user.upper()}_PASSWORD"]
        url = f"host=warehouse dbname=nyc_tlc user={user} password={password}"
        return self.compose("exec", "-T", "warehouse", "psql", url, "-qAtc", sql).splitlines()

    def images(self, *names: str) -> str:
        """What Docker shows of images: their settings, and the commands that made them."""
        history = [_run("docker", "history", "--no-trunc", name) for name in names]
        return "\n".join([_run("docker", "image", "inspect", *names), *history])

    def explain(self) -> str:
        """The last lines of every service, for a failure's message."""
        return self.compose("logs", "--no-color", "--tail", "15")


def _engine_socket() -> str:
    return os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")


def _free_ports(*names: str) -> dict[str, str]:
    with ExitStack() as open_until_all_are_known:
        probes = [open_until_all_are_known.enter_context(socket.socket()) for _ in names]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return {
            name: str(probe.getsockname()[1]) for name, probe in zip(names, probes, strict=True)
        }


def _run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        said = f"{done.stdout}{done.stderr}"[-6000:]
        raise AssertionError(f"{' '.join(command[:3])} … failed ({done.returncode}): {said}")
    return done.stdout

"""A real container engine, found as DockerOperator finds it. Without one these tests skip, saying so;
in CI, where one must be, they fail.
"""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import docker
import pytest

from nyc_tlc.core.containers.engine import require_engine
from nyc_tlc.core.errors import TlcError
from tests.support.missing import missing

ROOT = Path(__file__).parents[2]
# These only make pictures.
collect_ignore = [] if os.environ.get("SCREENSHOTS") else ["test_pictures.py"]
BASE = os.environ.get("TLC_BASE_IMAGE", "python:3.11-slim")
DEBIAN = os.environ.get("TLC_DEBIAN_IMAGE", "debian:bookworm-slim")
ENGINE_URL = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")


@pytest.fixture(scope="session")
def engine() -> Iterator[docker.DockerClient]:
    try:
        require_engine(ENGINE_URL)
    except TlcError as error:
        missing("a container engine", "start Docker, or export DOCKER_HOST", str(error))
    client = docker.DockerClient(base_url=ENGINE_URL)
    yield client
    client.close()


@pytest.fixture(scope="session")
def base_image(engine: docker.DockerClient) -> str:
    """An image with Python and nothing else: that of our Dockerfiles."""
    return present(engine, BASE)


@pytest.fixture(scope="session")
def debian_image(engine: docker.DockerClient) -> str:
    """An image with Debian and its apt."""
    return present(engine, DEBIAN)


def present(engine: docker.DockerClient, image: str) -> str:
    try:
        engine.images.get(image)
    except docker.errors.ImageNotFound:
        try:
            engine.images.pull(image)
        except docker.errors.APIError as error:
            missing(f"the image {image}", f"docker pull {image}", str(error))
    return image


@pytest.fixture(scope="session")
def images(base_image: str) -> None:
    """The images of the script tasks, built from this checkout."""
    build = [sys.executable, str(ROOT / "include" / "containers" / "build.py")]
    network = os.environ.get("TLC_BUILD_NETWORK", "")
    subprocess.run([*build, "--base", base_image, "--network", network], check=True)


@pytest.fixture(scope="session")
def postgres_socket() -> Iterator[str]:
    """One version will do here."""
    from dev import warehouse as server
    from tests.support.debian_postgres import server_folder

    with server_folder() as folder:
        yield server.start(folder / "data", settings=None)
        server.stop(folder / "data")


@pytest.fixture
def run_context() -> dict[str, Any]:
    """What an operator asks of a run, with a run of its own."""
    return {
        "dag": SimpleNamespace(dag_id="a_dag"),
        "run_id": f"run {uuid.uuid4().hex}",
        "ti": SimpleNamespace(map_index=-1),
    }


@pytest.fixture
def containers_of(engine: docker.DockerClient) -> Any:
    """The containers of a run that are there, running or not."""

    def containers(context: dict[str, Any]) -> list[Any]:
        label = f"nyc-tlc.run=a_dag {context['run_id']}"
        return list(engine.containers.list(all=True, filters={"label": label}))

    return containers

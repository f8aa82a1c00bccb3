"""What the proxy before the engine lets through: what script tasks need, and nothing else."""

from __future__ import annotations

import json
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import docker
import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from stack_under_test import Stack, build_socket_proxy

from nyc_tlc.operators.script import ScriptContainerOperator
from tests.support import docker_requests
from tests.support.docker_requests import MIB, request

pytestmark = pytest.mark.docker

RUN = f"run {uuid.uuid4().hex}"
LABELS = {"nyc-tlc.run": RUN, "nyc-tlc.task": "script"}


@pytest.fixture(scope="module")
def running(
    base_image: str, trip_files: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """The proxy alone, of a stack of the test's own."""
    images = {**build_socket_proxy(base_image), "AIRFLOW_IMAGE": base_image}
    stack = Stack(tmp_path_factory.mktemp("proxy"), images, trip_files)
    try:
        stack.up("socket-proxy")
        yield stack
    finally:
        stack.remove()


@pytest.fixture(scope="module")
def reports(running: Stack, engine: docker.DockerClient) -> Iterator[str]:
    """The stack's volume, which Compose makes when Airflow starts."""
    volume = engine.volumes.create(f"{running.project}_reports")
    yield volume.name
    volume.remove()


@pytest.fixture(scope="module")
def image(engine: docker.DockerClient, base_image: str) -> Iterator[str]:
    """A name that the proxy allows, of the test's own."""
    name = f"nyc-tlc-test-{uuid.uuid4().hex[:8]}:1"
    engine.images.get(base_image).tag(name)
    yield name
    engine.images.remove(name)


@pytest.fixture(scope="module")
def good(image: str, running: Stack, reports: str) -> dict[str, Any]:
    return docker_requests.container(image, running.project, RUN)


@pytest.fixture(scope="module")
def proxied(running: Stack) -> Iterator[docker.APIClient]:
    client = docker.APIClient(base_url=url(running), version="auto", timeout=20)
    yield client
    client.close()


@pytest.fixture
def made(engine: docker.DockerClient, image: str) -> Iterator[Any]:
    """Ids of this test's containers; at its end, they are removed."""

    def made() -> list[str]:
        return [
            each["Id"]
            for each in engine.api.containers(all=True)
            if RUN in str(each["Labels"]) or each["Image"] == image
        ]

    yield made
    for container in made():
        engine.api.remove_container(container, force=True, v=True)


def url(stack: Stack) -> str:
    return f"tcp://127.0.0.1:{stack.settings['PROXY_PORT']}"


def send(stack: Stack, raw: bytes) -> tuple[int, str]:
    """These bytes as they are; status and body of the first answer."""
    address = ("127.0.0.1", int(stack.settings["PROXY_PORT"]))
    with socket.create_connection(address, timeout=20) as client:
        sending = threading.Thread(target=_send_all, args=(client, raw), daemon=True)
        sending.start()
        answer = b""
        while part := client.recv(65536):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body.decode()


def _send_all(client: socket.socket, raw: bytes) -> None:
    try:
        client.sendall(raw)
    except OSError:
        return  # refused before it was sent whole


def script(
    stack: Stack, image: str, code: str, mount: str = "", **more: Any
) -> ScriptContainerOperator:
    command = ["python", "-c", code]
    return ScriptContainerOperator(
        task_id="script", image=image, command=command, mount=mount, docker_url=url(stack), **more
    )


@pytest.mark.parametrize("group", docker_requests.GROUPS)
def test_nothing_outside_the_whitelist_makes_a_container(
    running: Stack, good: dict[str, Any], made: Any, group: str
) -> None:
    for name, raw in docker_requests.refused(good, group).items():
        status, body = send(running, raw)
        assert (status, made()) == (403, []), f"{name}: {body}"
        assert json.loads(body)["message"].startswith("The Docker proxy refuses "), name


def test_what_docker_operator_sends_makes_one(
    running: Stack, good: dict[str, Any], made: Any
) -> None:
    for number, (name, raw) in enumerate(docker_requests.allowed(good).items(), start=1):
        status, body = send(running, raw)
        assert (status, len(made())) == (201, number), f"{name}: {body}"


def test_a_script_task_runs(
    running: Stack, image: str, reports: str, run_context: dict[str, Any], containers_of: Any
) -> None:
    found = "{'taxi': os.environ['TAXI'], 'there': os.path.ismount('/data')}"
    code = f"import os, json; print(json.dumps({found}))"
    operator = script(running, image, code, mount=reports, environment={"TAXI": "green"})
    assert operator.execute(run_context) == {"taxi": "green", "there": True}
    assert containers_of(run_context) == []


def test_a_stopped_task_leaves_no_container(
    running: Stack, image: str, run_context: dict[str, Any], containers_of: Any
) -> None:
    operator = script(running, image, "import time; time.sleep(60)")
    ends: list[BaseException] = []

    def run() -> None:
        try:
            operator.execute(run_context)
        except Exception as error:  # noqa: BLE001
            ends.append(error)

    task = threading.Thread(target=run)
    task.start()
    deadline = time.monotonic() + 20
    while not [each for each in containers_of(run_context) if each.status == "running"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    operator.on_kill()
    task.join(20)
    assert (task.is_alive(), len(ends), containers_of(run_context)) == (False, 1, [])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"network": "host"}, 'HostConfig.NetworkMode is "host"; allowed: "none"'),
        ({"memory": "9g"}, "HostConfig.Memory is 9663676416; allowed: a whole number"),
        ({"mount": "/etc"}, 'HostConfig.Mounts[0].Type is "bind"; allowed: "volume"'),
    ],
)
def test_a_refused_task_says_what_was_seen_and_what_is_allowed(
    running: Stack, image: str, run_context: dict[str, Any], changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(AirflowFailException) as refused:
        script(running, image, "", **changes).execute(run_context)
    assert said in str(refused.value)
    assert "The stack's Docker proxy allows only what script tasks need" in str(refused.value)


@pytest.mark.parametrize("follow", ["logs", "attach"])
def test_lines_arrive_as_they_are_printed(
    proxied: docker.APIClient, good: dict[str, Any], made: Any, follow: str
) -> None:
    code = "import time; print('first', flush=True); time.sleep(8); print('last')"
    container = make(proxied, {**good, "Cmd": ["python", "-c", code]})
    lines = proxied.attach(container, stream=True) if follow == "attach" else iter(())
    proxied.start(container)
    began = time.monotonic()
    if follow == "logs":
        lines = proxied.logs(container, stream=True, follow=True)
    assert next(lines) == b"first\n"
    assert time.monotonic() - began < 6
    assert proxied.wait(container)["StatusCode"] == 0
    assert list(lines) == [b"last\n"]
    assert proxied.logs(container) == b"first\nlast\n"


def test_what_is_shown_of_our_containers(
    proxied: docker.APIClient, good: dict[str, Any], made: Any, running: Stack
) -> None:
    """No environment, and no other stack's containers."""
    container = make(proxied, {**good, "Env": ["SECRET=hidden"]})
    shown = proxied.inspect_container(container)
    assert (shown["Id"], shown["State"]["Status"]) == (container, "created")
    assert shown["Config"]["Labels"] == {**LABELS, "nyc-tlc.stack": running.project}
    listed = proxied.containers(all=True)
    assert [each["Id"] for each in listed] == [container]
    assert "hidden" not in f"{shown}{listed}"


@pytest.mark.parametrize("stack_label", [None, "nyc-tlc"])
def test_other_containers_cannot_be_seen_or_touched(
    running: Stack, engine: Any, proxied: docker.APIClient, image: str, made: Any, stack_label: Any
) -> None:
    """Neither those without the label, nor another stack's, whatever else their labels say."""
    own = {**LABELS, "nyc-tlc.stack": stack_label} if stack_label else LABELS
    other = engine.containers.run(
        image, ["sleep", "60"], labels=own, environment={"SECRET": "hidden"}, detach=True
    )
    assert proxied.containers(all=True, filters={"label": list(LABELS)}) == []
    path = f"/v1.41/containers/{other.id}"
    for method, target in (
        ("GET", f"{path}/json"), ("GET", f"{path}/logs?stdout=1"), ("POST", f"{path}/attach?stream=1&logs=1"),
        ("POST", f"{path}/wait"), ("POST", f"{path}/start"), ("POST", f"{path}/stop"),
        ("POST", f"{path}/stop?t=0"), ("POST", f"{path}/kill"), ("DELETE", f"{path}?force=True"),
    ):  # fmt: skip
        status, body = send(running, request(method, target))
        assert (status, "was not made by this proxy" in body) == (403, True)
        assert "hidden" not in body
    other.reload()
    assert other.status == "running"


def test_a_client_that_goes_away_ends_the_engine_s_answer(
    running: Stack, engine: Any, proxied: docker.APIClient, good: dict[str, Any], made: Any
) -> None:
    container = make(proxied, {**good, "Cmd": ["sleep", "60"]})
    proxied.start(container)
    before = open_files(running, engine)
    path = f"/v1.41/containers/{container}"
    with ExitStack() as clients:
        for raw in (
            request("GET", f"{path}/logs?stdout=1&follow=1"),
            request("POST", f"{path}/attach?stdout=1&stream=1"),
            request("POST", f"{path}/wait"),
        ):
            address = ("127.0.0.1", int(running.settings["PROXY_PORT"]))
            client = clients.enter_context(socket.create_connection(address, timeout=20))
            client.sendall(raw)
            assert client.recv(12) == b"HTTP/1.1 200"
        assert open_files(running, engine) > before
    deadline = time.monotonic() + 10
    while open_files(running, engine) > before:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_container_that_is_gone_is_not_found(proxied: docker.APIClient) -> None:
    with pytest.raises(docker.errors.NotFound, match="No such container"):
        proxied.remove_container("a" * 64, force=True)


def test_the_proxy_itself_is_shut_off(
    running: Stack, engine: Any, good: dict[str, Any], made: Any
) -> None:
    """After all the requests above, within its memory."""
    container = proxy_container(running, engine)
    host = container.attrs["HostConfig"]
    assert (host["CapDrop"], host["CapAdd"], host["ReadonlyRootfs"]) == (["ALL"], None, True)
    assert (host["SecurityOpt"], host["Memory"]) == (["no-new-privileges:true"], 64 * MIB)
    assert container.attrs["State"]["OOMKilled"] is False
    assert container.attrs["RestartCount"] == 0
    assert container.stats(stream=False)["memory_stats"]["usage"] < 50 * MIB


def test_the_log_names_each_refusal_and_no_secret(
    running: Stack, good: dict[str, Any], made: Any
) -> None:
    send(running, docker_requests.create({**good, "Env": {"PASSWORD": "hidden"}}))
    send(running, docker_requests.create({**good, "Env": ["hidden"]}))
    log = running.compose("logs", "socket-proxy")
    assert "POST /v1.41/containers/create 403 Env is an object; allowed: a list" in log
    assert "hidden" not in log
    assert "_ping 200" not in log


def proxy_container(stack: Stack, engine: docker.DockerClient) -> Any:
    project = {"label": f"com.docker.compose.project={stack.project}"}
    [container] = engine.containers.list(filters=project)
    return container


def open_files(stack: Stack, engine: docker.DockerClient) -> int:
    return len(proxy_container(stack, engine).exec_run(["ls", "/proc/1/fd"]).output.split())


def make(client: docker.APIClient, body: dict[str, Any]) -> str:
    return str(client.create_container_from_config(body)["Id"])

"""What the proxy before the engine lets through: what DockerOperator needs, and nothing else."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any

import docker
import pytest
from docker.types import DriverConfig, Mount
from stack_under_test import Stack

pytestmark = pytest.mark.docker

SAY_HELLO = ["python", "-c", "print('hello')"]


@pytest.fixture(scope="module")
def running(stack: Stack) -> Stack:
    stack.up("socket-proxy")
    return stack


@pytest.fixture(scope="module")
def proxied(running: Stack) -> Iterator[docker.APIClient]:
    url = f"tcp://127.0.0.1:{running.settings['PROXY_PORT']}"
    client = docker.APIClient(base_url=url, version="auto", timeout=20)
    yield client
    client.close()


@pytest.fixture
def create(proxied: docker.APIClient, base_image: str) -> Any:
    """Create a container through the proxy, with a host config of the test's own."""

    def create(**host_config: Any) -> str:
        return str(
            proxied.create_container(
                base_image, SAY_HELLO, host_config=proxied.create_host_config(**host_config)
            )["Id"]
        )

    return create


def test_a_container_runs_from_its_creation_to_its_removal(
    proxied: docker.APIClient, create: Any, base_image: str, running: Stack
) -> None:
    assert proxied.images(name=base_image)
    reports = Mount("/data", f"{running.project}_reports", type="volume")
    container = create(mounts=[reports], network_mode="none", cap_drop=["ALL"], read_only=True)
    lines = proxied.attach(container, stdout=True, stderr=True, stream=True)
    proxied.start(container)
    assert b"".join(lines) == b"hello\n"
    assert proxied.wait(container)["StatusCode"] == 0
    assert proxied.inspect_container(container)["State"]["OOMKilled"] is False
    assert proxied.logs(container) == b"hello\n"
    proxied.stop(container)
    proxied.remove_container(container, force=True)
    assert container not in [each["Id"] for each in proxied.containers(all=True)]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/containers/{container}/exec"),
        ("POST", "/exec/{container}/start"),
        ("POST", "/build"),
        ("POST", "/commit?container={container}"),
        ("POST", "/images/create?fromSrc=-"),
        ("POST", "/images/load"),
        ("POST", "/images/a/push"),
        ("POST", "/auth"),
        ("DELETE", "/images/a"),
        ("PUT", "/containers/{container}/archive?path=/"),
        ("POST", "/containers/{container}/update"),
        ("POST", "/containers/{container}/rename?name=b"),
        ("POST", "/containers/prune"),
        ("GET", "/containers/{container}/export"),
        ("GET", "/volumes"),
        ("POST", "/volumes/create"),
        ("DELETE", "/volumes/a"),
        ("GET", "/networks"),
        ("POST", "/networks/create"),
        ("POST", "/networks/a/connect"),
        ("GET", "/swarm"),
        ("POST", "/swarm/init"),
        ("GET", "/secrets"),
        ("POST", "/secrets/create"),
        ("GET", "/configs"),
        ("POST", "/services/create"),
        ("GET", "/plugins"),
        ("GET", "/info"),
        ("GET", "/events"),
        ("GET", "/system/df"),
        ("GET", "/../v1.41/volumes"),
        ("GET", "/containers/json/../../volumes"),
        ("GET", "/images/../volumes/json"),
    ],
)
def test_everything_else_is_refused(running: Stack, method: str, path: str) -> None:
    for prefix in ("", "/v1.41"):
        status, said = ask(running, method, prefix + path.format(container="a" * 12))
        assert status == 403
        assert "allows only what DockerOperator needs" in said


@pytest.mark.parametrize(
    "host_config",
    [
        {"privileged": True},
        {"binds": ["/:/host"]},
        {"mounts": [Mount("/host", "/", type="bind")]},
        {"mounts": [Mount("/data", "somebody_s_volume", type="volume")]},
        {
            "mounts": [
                Mount(
                    "/data", "a_reports", type="volume",
                    driver_config=DriverConfig("local", {"o": "bind", "device": "/"}),
                )
            ]
        },
        {"volumes_from": ["warehouse"]},
        {"network_mode": "host"},
        {"network_mode": "container:warehouse"},
        {"pid_mode": "host"},
        {"ipc_mode": "host"},
        {"cap_add": ["SYS_ADMIN"]},
        {"devices": ["/dev/sda:/dev/sda:r"]},
        {"security_opt": ["seccomp=unconfined"]},
    ],
    ids=str,
)  # fmt: skip
def test_a_container_that_reaches_for_the_host_is_refused(
    create: Any, host_config: dict[str, Any]
) -> None:
    with pytest.raises(docker.errors.APIError, match="it asks for the host") as refused:
        create(**host_config)
    assert refused.value.status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        '{"Image": "a", "hostconfig": {"PRIVILEGED" : true}}',
        r'{"Image": "a", "HostConfig": {"\u0050rivileged": true}}',
        '{"Image": "a", "Ho\u017ftConfig": {"Bind\u017f": ["/:/host"]}}',
        r'{"Image": "a", "HostConfig": {"Bind\u017f": ["/:/host"]}}',
        '{"Image": "a", "HostConfig": {"Binds": [\n\n"/:/host"]}}',
        '{"HostConfig": {"Privileged": false}, "hostConfig": {"privileged": true}}',
    ],
)
def test_a_name_in_disguise_is_refused_too(running: Stack, body: str) -> None:
    status, said = ask(running, "POST", "/containers/create", body)
    assert (status, "it asks for the host" in said) == (403, True)


def test_a_body_too_large_to_be_seen_whole_is_refused(running: Stack) -> None:
    hidden = json.dumps({"Labels": {"a": "x" * 70_000}, "HostConfig": {"Privileged": True}})
    assert ask(running, "POST", "/containers/create", hidden)[0] == 413


def test_text_that_only_speaks_of_privileges_passes(
    proxied: docker.APIClient, base_image: str
) -> None:
    environment = {"WHAT": '{"privileged": true, "binds": ["/:/host"]}', "NAME": "café"}
    container = proxied.create_container(base_image, SAY_HELLO, environment=environment)["Id"]
    proxied.remove_container(container)


def ask(stack: Stack, method: str, path: str, body: str = "{}") -> tuple[int, str]:
    """A request exactly as it is written: no client tidies its path."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", int(stack.settings["PROXY_PORT"]), timeout=20
    )
    try:
        connection.request(method, path, body.encode(), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()

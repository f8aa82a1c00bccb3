"""The proxy's decision about a request, without an engine."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support import docker_requests

ROOT = Path(__file__).parents[3]

from socket_proxy import rules, wire  # noqa: E402
from socket_proxy.checks import RefusedError  # noqa: E402
from socket_proxy.proxy import decide  # noqa: E402

pytestmark = pytest.mark.unit

GOOD = docker_requests.container("nyc-tlc-trip-report:2", "nyc-tlc", "a run")
RULE = rules.container("nyc-tlc_reports")


def decided(raw: bytes) -> Any:
    """The body that goes to the engine, or None."""
    client, proxy = socket.socketpair()
    with client, proxy:
        sending = threading.Thread(target=_send_all, args=(client, raw))
        sending.start()
        try:
            return decide(wire.read_request(proxy), RULE)[1]
        finally:
            proxy.close()
            sending.join()


def _send_all(client: socket.socket, raw: bytes) -> None:
    try:
        client.sendall(raw)
        client.shutdown(socket.SHUT_WR)
    except OSError:
        return  # refused before it was sent whole


@pytest.mark.parametrize("group", docker_requests.GROUPS)
def test_what_is_not_on_the_whitelist_is_refused(group: str) -> None:
    allowed = []
    for name, raw in docker_requests.refused(GOOD, group).items():
        try:
            decided(raw)
            allowed.append(name)
        except RefusedError:
            continue
    assert allowed == []


def test_there_are_many() -> None:
    counts = [len(docker_requests.refused(GOOD, group)) for group in docker_requests.GROUPS]
    assert sum(counts) > 900


def test_what_docker_operator_sends_is_allowed() -> None:
    for name, raw in docker_requests.allowed(GOOD).items():
        assert decided(raw)["Image"] == "nyc-tlc-trip-report:2", name


def test_a_folder_of_the_volume_is_allowed_at_its_own_path() -> None:
    [mount] = GOOD["HostConfig"]["Mounts"]
    part = {**mount, "Target": "/data/green/2021-01", "VolumeOptions": {"Subpath": "green/2021-01"}}
    given = {
        **mount, "Target": "/data/green/2021-01/input", "ReadOnly": True,
        "VolumeOptions": {"Subpath": "green/2021-01/input"},
    }  # fmt: skip
    body = docker_requests.with_host(GOOD, Mounts=[part, given])
    assert decided(docker_requests.create(body)) == body


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"CapAdd": "ALL"}, r'HostConfig\."CapAdd" is not allowed; allowed keys: NetworkMode, .*'),
        ({"NetworkMode": "host"}, r'HostConfig\.NetworkMode is "host"; allowed: "none"'),
        ({"Init": 1}, r"HostConfig\.Init is 1; allowed: true"),
        ({"PidsLimit": True}, r"HostConfig\.PidsLimit is true; allowed: a whole number from 1 to 512"),
        ({"Memory": 0}, r"HostConfig\.Memory is 0; allowed: a whole number from 16777216 to .*"),
        ({"MemorySwap": 2**30}, r"HostConfig\.MemorySwap is 1073741824; allowed: the same as .*"),
        ({"Mounts": "/:/host"}, r"HostConfig\.Mounts is a string; allowed: a list, 0 to 4 long"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_was_seen_and_what_is_allowed(
    changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(RefusedError, match=said):
        decided(docker_requests.create(docker_requests.with_host(GOOD, **changes)))


def test_a_refusal_shows_no_environment_and_no_arguments() -> None:
    for changes in ({"Env": ["hidden"]}, {"Env": {"A": "hidden"}}, {"Cmd": "hidden"}):
        with pytest.raises(RefusedError) as refused:
            decided(docker_requests.create({**GOOD, **changes}))
        assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    "raw", [b"", b"POST /v1.41/containers/create HTTP/1.1\r\n", docker_requests.create(GOOD)[:-1]]
)
def test_a_client_that_goes_away_asked_for_nothing(raw: bytes) -> None:
    with pytest.raises(ConnectionError):
        decided(raw)


def test_a_client_that_sends_slowly_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "SECONDS_TO_SEND", 0.2)
    client, proxy = socket.socketpair()
    with client, proxy:
        client.sendall(b"GET /_ping HTTP/1.1\r\n")
        with pytest.raises(TimeoutError):
            wire.read_request(proxy)

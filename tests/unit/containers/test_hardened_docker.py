"""What we depend on in DockerOperator and docker-py, seen in the requests that reach the engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from airflow.providers.docker.operators.docker import DockerOperator

from nyc_tlc.core.containers.outcome import ContainerExit
from nyc_tlc.core.containers.sandbox import SharedFolder, host_config
from nyc_tlc.core.errors import EngineRefusedError, ScriptFailedError
from nyc_tlc.operators.hardened_docker import HardenedDockerOperator

pytestmark = pytest.mark.unit

ID = "c0ffee"
LIMITS = {
    "CapDrop": ["ALL"],
    "SecurityOpt": ["no-new-privileges:true"],
    "ReadonlyRootfs": True,
    "PidsLimit": 128,
    "MemorySwap": 512 << 20,
    "NanoCpus": 1_500_000_000,
    "Init": True,
    "NetworkMode": "none",
}


class Engine:
    """docker-py's own client, above a transport that notes what is asked and answers as an engine."""

    def __init__(self) -> None:
        import docker

        self.asked: list[tuple[str, Any]] = []
        self.client = docker.APIClient(base_url="http://engine.invalid:1", version="1.41")
        self.client.send = self._answer  # type: ignore[method-assign]

    def _answer(self, request: Any, **_: Any) -> Any:
        from requests import Response

        path = request.path_url.split("?")[0].removeprefix("/v1.41")
        self.asked.append((f"{request.method} {path}", json.loads(request.body or "null")))
        answer = Response()
        answer.status_code = 204 if path.endswith("/start") else 200
        answer._content = json.dumps(self._body(path)).encode()
        answer.request, answer.url = request, request.url
        return answer

    def _body(self, path: str) -> Any:
        if path.endswith("/json"):
            return [] if path != f"/containers/{ID}/json" else {"State": {"OOMKilled": True}}
        return {"Id": ID, "StatusCode": 0}

    def requests_of(self, name: str) -> list[Any]:
        return [body for request, body in self.asked if request == name]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine()
    monkeypatch.setattr(DockerOperator, "cli", engine.client)
    monkeypatch.setattr(engine.client, "attach", lambda **_: iter([b"said\n"]))
    monkeypatch.setattr("nyc_tlc.operators.hardened_docker.require_engine", lambda _url: None)
    monkeypatch.setattr("nyc_tlc.operators.hardened_docker.require_image", lambda *_: None)
    monkeypatch.setattr(engine.client, "images", lambda **_: [{"Id": "an image"}])
    return engine


def operator() -> HardenedDockerOperator:
    return HardenedDockerOperator(
        task_id="draw",
        image="an-image",
        limits=host_config("512m", 1.5),
        shared=SharedFolder(""),
        mem_limit="512m",
        network_mode="none",
        docker_url="http://engine.invalid:1",
        labels={"nyc-tlc.task": "draw"},
    )


def test_every_container_is_created_with_the_limits_and_its_end_is_known(engine: Engine) -> None:
    hardened = operator()
    assert hardened.run({}) == ["said"]
    [created] = engine.requests_of("POST /containers/create")
    found = created["HostConfig"]
    assert {name: found.get(name) for name in LIMITS} == LIMITS
    assert found["Memory"] == 512 << 20
    assert "Privileged" not in found
    assert "CapAdd" not in found
    assert hardened.ended == ContainerExit(0, out_of_memory=True)
    assert engine.requests_of(f"DELETE /containers/{ID}")


@pytest.mark.parametrize("chunk", [b"y" * 100_000, b"\n" * 2_000])
def test_a_container_that_prints_without_end_is_removed(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, chunk: bytes
) -> None:
    read = 0

    def without_end(**_: Any) -> Iterator[bytes]:
        nonlocal read
        while read < 30:
            read += 1
            yield chunk

    monkeypatch.setattr(engine.client, "attach", without_end)
    with pytest.raises(ScriptFailedError, match="printed more than"):
        operator().run({})
    assert read == 11
    assert engine.requests_of(f"DELETE /containers/{ID}")


def test_its_output_is_attached_before_it_is_started(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what it prints first, or all of a short script, is lost."""
    started: list[bool] = []

    def attach(**_: Any) -> Iterator[bytes]:
        started.append(bool(engine.requests_of(f"POST /containers/{ID}/start")))
        return iter([b"said\n"])

    monkeypatch.setattr(engine.client, "attach", attach)
    assert operator().run({}) == ["said"]
    assert started == [False]


def test_a_container_that_was_made_in_another_way_is_not_started(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def another_way(self: Any, *_: Any, **__: Any) -> list[str]:
        made = self.cli.create_container_from_config({"Image": self.image})
        self.cli.start(made["Id"])
        return ["it ran without limits"]

    monkeypatch.setattr(DockerOperator, "_run_image_with_mounts", another_way)
    with pytest.raises(EngineRefusedError, match="limits are missing; it was not started"):
        operator().run({})
    assert not engine.requests_of(f"POST /containers/{ID}/start")


def test_an_end_that_was_not_seen_is_not_taken_for_success(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DockerOperator, "_run_image_with_mounts", lambda *_, **__: ["said"])
    with pytest.raises(EngineRefusedError, match="did not wait for the container"):
        operator().run({})

"""A server on loopback that answers as the Kubernetes API does, as far as script tasks ask."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

NAMESPACE = "taxis"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"


@dataclass
class Course:
    """How each pod goes: what its container prints and how it ends, or why it does not start."""

    lines: tuple[str, ...] = ()
    exit_code: int = 0
    reason: str = ""
    pod_reason: str = ""
    waiting: dict[str, str] | None = None
    runs: threading.Event = field(default_factory=threading.Event)  # set: it has ended

    def __post_init__(self) -> None:
        self.runs.set()

    def status(self) -> dict[str, Any]:
        if self.waiting:
            return self._status("Pending", {"waiting": self.waiting})
        if not self.runs.is_set():
            return self._status("Running", {"running": {"startedAt": now()}})
        if self.pod_reason:
            return {
                "phase": "Failed",
                "reason": self.pod_reason,
                "message": "The node was low on memory.",
            }
        ended = {"exitCode": self.exit_code, "reason": self.reason, "finishedAt": now()}
        return self._status("Failed" if self.exit_code else "Succeeded", {"terminated": ended})

    def _status(self, phase: str, state: dict[str, Any]) -> dict[str, Any]:
        container = {
            "name": "script", "state": state, "ready": False, "restartCount": 0, "image": "", "imageID": "",
        }  # fmt: skip
        scheduled = {"type": "PodScheduled", "status": "True"}
        return {"phase": phase, "conditions": [scheduled], "containerStatuses": [container]}


class Cluster:
    """The pods that are there, those that were created, and what was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.course = Course()
        self.refusal: tuple[int, str] | None = None
        self.pods: dict[str, dict[str, Any]] = {}
        self.created: list[dict[str, Any]] = []

    def connection(self) -> str:
        """Airflow's connection to it."""
        config = {
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": self.url}}],
            "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        }  # fmt: skip
        extra = {"kube_config": json.dumps(config), "namespace": NAMESPACE}
        return json.dumps({"conn_type": "kubernetes", "extra": extra})

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        name = path.removeprefix(PODS).strip("/").removesuffix("/log")
        if path.endswith("/events"):
            return 200, {"kind": "EventList", "apiVersion": "v1", "metadata": {}, "items": []}
        if self.refusal and method == "POST":
            return self.refusal[0], {"kind": "Status", "message": self.refusal[1]}
        if method == "POST":
            return 201, self._create(body)
        if not name:
            return 200, {"kind": "PodList", "metadata": {}, "items": self._selected(query)}
        if name not in self.pods:
            return 404, {"kind": "Status", "message": f'pods "{name}" not found'}
        if path.endswith("/log"):
            return 200, self._log("timestamps" in query)
        pod = self.pods.pop(name) if method == "DELETE" else self.pods[name]
        return 200, {**pod, "status": self.course.status()}

    def add(self, name: str, labels: dict[str, str]) -> None:
        self.pods[name] = {
            "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels},
            "spec": {"containers": [{"name": "script"}]},
        }

    def _create(self, pod: dict[str, Any]) -> dict[str, Any]:
        self.created.append(pod)
        self.pods[pod["metadata"]["name"]] = pod
        return pod

    def _selected(self, query: dict[str, str]) -> list[dict[str, Any]]:
        terms = [term for term in query.get("labelSelector", "").split(",") if "!" not in term]
        wanted = dict(term.split("=", 1) for term in terms)
        return [
            {**pod, "status": self.course.status()}
            for pod in self.pods.values()
            if wanted.items() <= pod["metadata"]["labels"].items()
        ]

    def _log(self, timestamps: bool) -> str:
        self.course.runs.wait(20)
        start = f"{now()} " if timestamps else ""
        return "".join(f"{start}{line}\n" for line in self.course.lines)


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class _Handler(BaseHTTPRequestHandler):
    cluster: Cluster

    def _answer(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size) or b"null")
        asked = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        status, answer = self.cluster.answer(self.command, asked.path, query, body)
        content = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header(
            "Content-Type", "text/plain" if isinstance(answer, str) else "application/json"
        )
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = do_PATCH = _answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    cluster = handler.cluster = Cluster(f"http://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield cluster
    finally:
        cluster.course.runs.set()
        server.shutdown()
        thread.join()
        server.server_close()

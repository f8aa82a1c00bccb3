"""TLS for the stack: the Compose overlay, and the Caddyfile with a real Caddy."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.support.compose_tool import compose
from tests.support.missing import needs

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
STACK = ROOT / "include" / "stack"
CADDY = os.environ.get("CADDY") or shutil.which("caddy")
needs_caddy = pytest.mark.skipif(
    CADDY is None,
    reason=needs("Caddy", "apt-get install caddy, or export CADDY=/path/to/caddy"),
)


def test_the_overlay_adds_one_bounded_service_and_changes_the_api_server(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text((ROOT / ".env.example").read_text() + "\nDOMAIN=airflow.example.com\n")
    files = ("--file", str(STACK / "tls.yaml"))
    shown = compose(*files, "config", "--format", "json", env_file=env_file)
    assert shown.returncode == 0, shown.stderr
    services = json.loads(shown.stdout)["services"]
    assert services["api-server"]["command"] == ["api-server", "--proxy-headers"]
    [loopback] = services["api-server"]["ports"]
    assert loopback["host_ip"] == "127.0.0.1"
    caddy = services["caddy"]
    assert caddy["environment"] == {"DOMAIN": "airflow.example.com"}
    assert [port["published"] for port in caddy["ports"]] == ["80", "443"]
    assert (caddy["cap_drop"], caddy["cap_add"]) == (["ALL"], ["NET_BIND_SERVICE"])
    assert {"memory", "pids"} <= set(caddy["deploy"]["resources"]["limits"])
    assert caddy["volumes"][0]["source"] == str(STACK / "Caddyfile")


def test_without_a_domain_the_overlay_says_what_is_missing() -> None:
    shown = compose("--file", str(STACK / "tls.yaml"), "config", "--quiet")
    assert shown.returncode != 0
    assert "DOMAIN is missing a value: is missing in .env" in shown.stderr


class Airflow(BaseHTTPRequestHandler):
    """Answers with the headers that it was sent."""

    def do_GET(self) -> None:
        body = json.dumps({"path": self.path, **self.headers}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """A running Caddy's HTTP and HTTPS ports; its certificate for localhost is of an authority of its own."""
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), Airflow)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    http_port, https_port = free_ports()
    environment = {
        "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path),
        "DOMAIN": "localhost", "UPSTREAM": f"127.0.0.1:{upstream.server_port}",
        "HTTP_PORT": str(http_port), "HTTPS_PORT": str(https_port),
    }  # fmt: skip
    command = [str(CADDY), "run", "--adapter", "caddyfile", "--config", str(STACK / "Caddyfile")]
    with (tmp_path / "log").open("w+") as log:
        caddy = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            yield http_port, https_port
        finally:
            caddy.kill()
            caddy.wait()
            upstream.shutdown()
            upstream.server_close()


def free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        for each in (first, second):
            each.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


def get(port: int, path: str, authority: Path | None = None) -> http.client.HTTPResponse:
    """One GET; waits until Caddy listens and has its certificate."""
    deadline = time.monotonic() + 60
    while True:
        try:
            if authority:
                context = ssl.create_default_context(cafile=str(authority))
                asked: Any = http.client.HTTPSConnection("localhost", port, context=context)
            else:
                asked = http.client.HTTPConnection("localhost", port)
            asked.request("GET", path, headers={"X-Forwarded-Proto": "ftp"})
            return asked.getresponse()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@needs_caddy
def test_caddy_serves_https_redirects_http_and_hides_what_workers_call(
    ports: tuple[int, int], tmp_path: Path
) -> None:
    http_port, https_port = ports
    authority = tmp_path / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    answer = get(https_port, "/tlc/reports/", authority)
    assert answer.status == 200
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    sent = json.loads(answer.read())
    assert sent["path"] == "/tlc/reports/"
    assert sent["X-Forwarded-Proto"] == "https"
    assert sent["Host"] == f"localhost:{https_port}"
    assert get(https_port, "/execution/health", authority).status == 403
    redirect = get(http_port, "/tlc/reports/")
    assert (redirect.status, redirect.headers["Location"]) == (
        308, "https://localhost/tlc/reports/",
    )  # fmt: skip

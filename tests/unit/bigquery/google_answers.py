"""A local server that answers like Google Cloud, and Google's own clients connected to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

from nyc_tlc.core.bigquery.place import Place
from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse

PLACE = Place("a-project", "US", "a-bucket", "a_dataset")


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answers = Callable[[Asked], tuple[int, bytes]]


def refusal(status: int, reason: str, message: str) -> tuple[int, bytes]:
    """In the form that Google's errors have."""
    error = {"code": status, "message": message, "errors": [{"reason": reason, "message": message}]}
    return status, json.dumps({"error": error}).encode()


@contextmanager
def answering(answers: Answers) -> Iterator[str]:
    """Where it listens."""
    server = HTTPServer(("127.0.0.1", 0), partial(_Handler, answers))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def storage_at(url: str) -> Any:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud.storage import Client

    options = {"api_endpoint": url}
    return Client("a-project", AnonymousCredentials(), client_options=options)


def warehouse_at(url: str) -> BigQueryWarehouse:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud.bigquery import Client

    options = {"api_endpoint": url}
    return BigQueryWarehouse(
        Client("a-project", AnonymousCredentials(), client_options=options), PLACE
    )


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, answers: Answers, *args: Any) -> None:
        self.answers = answers
        super().__init__(*args)

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, text = self.answers(Asked(self.command, self.path, body))
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_PATCH = _answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Nothing: the test's own log is enough."""

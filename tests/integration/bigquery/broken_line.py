"""A local proxy before the Cloud Storage emulator that interrupts connections on request.

    with broken_line(emulators.storage) as line:
        line.will(Trouble.CUT, Trouble.BUSY)

Each trouble that ``will`` gets happens to one of the next file bodies; after that the proxy works normally.
"""

from __future__ import annotations

import http.client
import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from functools import partial
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from dev.http_server import listening

UNTOLD = {"content-length", "transfer-encoding", "connection", "date", "server"}


class Trouble(Enum):
    CUT = "the connection ends amid a body, of which nothing arrives"
    BUSY = "the answer is 503"
    HALF_KEPT = "half of a body arrives, then the connection ends"
    CHANGED = "one byte arrives as another"


class Line:
    """Where it is, what is to go wrong, and the ``Content-Range`` of each file's body sent."""

    def __init__(self, port: int, storage: str) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.storage = urlsplit(storage).netloc
        self.always: Trouble | None = None
        self.sent: list[str] = []
        self._next: deque[Trouble | None] = deque()

    def will(self, *troubles: Trouble | None) -> None:
        self._next.extend(troubles)

    def take(self, content_range: str) -> Trouble | None:
        self.sent.append(content_range)
        return self.always or (self._next.popleft() if self._next else None)


@contextmanager
def broken_line(storage: str) -> Iterator[Line]:
    with listening(partial(Line, storage=storage), _Relay) as line:
        yield line


class _Relay(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, line: Line, *args: object) -> None:
        self.line = line
        super().__init__(*args)  # type: ignore[arg-type]

    def _relay(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        is_body = self.command == "PUT" or "uploadType=multipart" in self.path
        trouble = self.line.take(self.headers.get("Content-Range", "")) if is_body else None
        if trouble is Trouble.CUT:
            self.rfile.read(length // 2)
            self.close_connection = True
            return
        body = self.rfile.read(length)
        if trouble is Trouble.BUSY:
            self._answer(503, {}, b"busy")
        elif trouble is Trouble.HALF_KEPT:
            self._forward(body[: length // 2])
            self.close_connection = True
        else:
            self._answer(*self._forward(_changed(body) if trouble else body))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _relay  # noqa: N815

    def _forward(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        headers = {**self.headers, "Content-Length": str(len(body))}
        if found := re.match(r"bytes (\d+)-\d+/(.*)", self.headers.get("Content-Range", "")):
            first, total = int(found[1]), found[2]
            headers["Content-Range"] = f"bytes {first}-{first + len(body) - 1}/{total}"
        storage = http.client.HTTPConnection(self.line.storage)
        storage.request(self.command, self.path, body, headers)
        answer = storage.getresponse()
        told = {name: value for name, value in answer.getheaders() if name.lower() not in UNTOLD}
        return answer.status, told, answer.read()

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in (*headers.items(), ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the test's own log is enough."""


def _changed(body: bytes) -> bytes:
    middle = len(body) // 2
    return body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]

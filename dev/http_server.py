"""A small HTTP server on loopback that serves files well, and misbehaves when it is told to.

    with serve() as site:
        url = site.publish("green.parquet", body, etag='"1"')
        site.will_answer(Answer(cut_after=1000), Answer(503, {"Retry-After": "3"}))
        ...
        assert [request.method for request in site.requests] == ["GET", "GET", "GET"]

What ``will_answer`` was given is used up one a GET; then it behaves again. It knows ETag, HEAD,
Range and If-Range.
"""

from __future__ import annotations

import socket
import struct
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TypeVar
from urllib.parse import quote, unquote

PIECE_BYTES = 1 << 16

State = TypeVar("State")


@dataclass(frozen=True)
class Answer:
    """One answer; what is left at its default is done as a good server does it.

    ``body`` replaces the file's; ``cut_after`` closes the connection after so many body bytes (with
    ``reset``, by a TCP reset); ``length`` is sent as Content-Length in place of the true one;
    ``chunked`` sends no length; ``seconds`` is how long the body takes; ``before_body`` is called
    when the headers are out.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    cut_after: int | None = None
    reset: bool = False
    length: int | None = None
    chunked: bool = False
    ignore_range: bool = False
    ignore_if_range: bool = False
    seconds: float = 0.0
    before_body: Callable[[], object] | None = None


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Published:
    body: bytes
    etag: str | None


class Site:
    """What is published, what was asked, and how the next requests are answered."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.requests: list[Request] = []
        self.always: Answer | None = None
        self.head: Answer | None = None
        self._files: dict[str, Published] = {}
        self._next: deque[Answer] = deque()

    def publish(self, name: str, body: bytes, etag: str | None = '"1"') -> str:
        """Serve a file, in the place of one of that name; returns its URL."""
        self._files[name] = Published(body, etag)
        return f"{self.base}/{quote(name)}"

    def will_answer(self, *answers: Answer) -> None:
        """Answer the next GETs so. ``always`` does it for every GET, ``head`` for every HEAD."""
        self._next.extend(answers)

    def forget_answers(self) -> None:
        """Behave again from the next GET on."""
        self._next.clear()

    def gets(self) -> list[Request]:
        return [request for request in self.requests if request.method == "GET"]

    def take(self, request: Request) -> tuple[Published | None, Answer]:
        self.requests.append(request)
        published = self._files.get(unquote(request.path).lstrip("/"))
        if request.method == "HEAD":
            return published, self.head or Answer()
        if self.always:
            return published, self.always
        return published, self._next.popleft() if self._next else Answer()


@contextmanager
def serve() -> Iterator[Site]:
    with listening(Site, _Handler) as site:
        yield site


class _Server(ThreadingHTTPServer):
    """A client that is killed in a test is no error of the server's."""

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@contextmanager
def listening(
    state_of: Callable[[int], State], handler: Callable[..., BaseHTTPRequestHandler]
) -> Iterator[State]:
    """A server on loopback, by the state made for its port, which its handlers are given first."""
    server = _Server(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.daemon_threads = True
    state = state_of(server.server_address[1])
    server.RequestHandlerClass = partial(handler, state)  # type: ignore[assignment,misc]
    thread = Thread(target=partial(server.serve_forever, poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def unused_port() -> int:
    """A port at which nothing listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, site: Site, *args: object) -> None:
        self.site = site
        super().__init__(*args)  # type: ignore[arg-type]

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        request = Request(self.command, self.path, dict(self.headers))
        published, answer = self.site.take(request)
        if answer.status:
            self._send(answer, answer.status, answer.body or b"", answer.headers)
        elif published is None:
            self._send(answer, 404, b"<Error><Code>NoSuchKey</Code></Error>", answer.headers)
        else:
            self._send_file(published, answer)

    def _send_file(self, file: Published, answer: Answer) -> None:
        body = file.body if answer.body is None else answer.body
        etag = answer.headers.get("ETag", file.etag)
        headers = {**answer.headers, **({"ETag": etag} if etag else {})}
        start = self._range_start(etag, answer)
        if start == 0:
            self._send(answer, 200, body, headers)
        elif start >= len(body):
            self._send(answer, 416, b"", {**headers, "Content-Range": f"bytes */{len(body)}"})
        else:
            served = f"bytes {start}-{len(body) - 1}/{len(body)}"
            self._send(answer, 206, body[start:], {"Content-Range": served, **headers})

    def _range_start(self, etag: str | None, answer: Answer) -> int:
        asked = self.headers.get("Range")
        if not asked or answer.ignore_range:
            return 0
        if self.headers.get("If-Range") not in (None, etag) and not answer.ignore_if_range:
            return 0
        return int(asked.removeprefix("bytes=").rstrip("-"))

    def _send(self, answer: Answer, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        length = len(body) if answer.length is None else answer.length
        framing = (
            ("Transfer-Encoding", "chunked") if answer.chunked else ("Content-Length", str(length))
        )
        self.send_response(status)
        for name, value in (*headers.items(), framing):
            self.send_header(name, value)
        self.end_headers()
        if answer.before_body:
            answer.before_body()
        if self.command == "GET":
            self._send_body(answer, body if answer.cut_after is None else body[: answer.cut_after])
        if answer.cut_after is not None or len(body) < length:
            self._hang_up(reset=answer.reset)

    def _send_body(self, answer: Answer, body: bytes) -> None:
        pieces = [body[i : i + PIECE_BYTES] for i in range(0, len(body), PIECE_BYTES)]
        try:
            for piece in pieces:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if answer.chunked else piece)
                self.wfile.flush()
                time.sleep(answer.seconds / len(pieces))
            if answer.chunked and answer.cut_after is None:
                self.wfile.write(b"0\r\n\r\n")
        except ConnectionError:
            self.close_connection = True

    def _hang_up(self, *, reset: bool) -> None:
        self.close_connection = True
        if reset:
            linger_for_nothing = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_for_nothing)
            self.connection.close()

    def log_message(self, *_: object) -> None:
        """Nothing: the test's own log is enough."""

"""One HTTP request from a client, and its answer.

Stricter than HTTP allows, so that no other program can read the same bytes as another request: one
request per connection, lines end in CRLF, each header once, no chunks.
"""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

from socket_proxy.checks import RefusedError

MOST_HEAD = 16 * 1024
MOST_BODY = 64 * 1024
SECONDS_TO_SEND = 10
SECONDS_TO_CLOSE = 1

REQUEST_LINE = re.compile(r"([A-Z]{3,7}) (/[!-~]*) HTTP/1\.1")
HEADER = re.compile(r"([A-Za-z0-9-]+):[ \t]*([!-~](?:[ -~]*[!-~])?)?[ \t]*")
BARE_LINE_END = re.compile(rb"(?<!\r)\n|\r(?!\n)")
HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Request:
    """``headers`` by their names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


def read_request(client: socket.socket) -> Request:
    """Raises RefusedError; ConnectionError or TimeoutError where the client goes or stays silent."""
    deadline = time.monotonic() + SECONDS_TO_SEND
    received = b""
    while HEAD_END not in received:
        received += _receive(client, deadline)
        head = received.partition(HEAD_END)[0]
        if len(head) > MOST_HEAD:
            raise RefusedError(f"the headers have more than {MOST_HEAD} bytes")
        if BARE_LINE_END.search(head.removesuffix(b"\r")):
            raise RefusedError("a line ends in CR or LF alone; allowed: CRLF")
    head, _, body = received.partition(HEAD_END)
    method, target, headers = parse_head(head)
    length = body_length(headers)
    while len(body) < length:
        body += _receive(client, deadline)
    if len(body) > length:
        raise RefusedError("bytes follow the request; allowed: one request per connection")
    return Request(method, target, headers, body)


def parse_head(head: bytes) -> tuple[str, str, dict[str, str]]:
    """Method, target and headers."""
    lines = head.decode("latin-1").split("\r\n")
    first = REQUEST_LINE.fullmatch(lines[0])
    if not first:
        raise RefusedError("the request line is not METHOD /path HTTP/1.1")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        header = HEADER.fullmatch(line)
        if not header:
            raise RefusedError("a header line is not Name: value in ASCII")
        name = header[1].lower()
        if name in headers:
            raise RefusedError(f"the header {name} is there twice")
        headers[name] = header[2] or ""
    return first[1], first[2], headers


def body_length(headers: Mapping[str, str]) -> int:
    """Only Content-Length may say how long a body is."""
    for name in ("transfer-encoding", "expect", "trailer"):
        if name in headers:
            raise RefusedError(f"the header {name} is not allowed; send Content-Length")
    length = headers.get("content-length", "0")
    if not re.fullmatch("[0-9]{1,9}", length) or int(length) > MOST_BODY:
        raise RefusedError(f"Content-Length is {length}; allowed: a number up to {MOST_BODY}")
    return int(length)


def answer(
    client: socket.socket, status: int, body: bytes, content_type: str = "application/json"
) -> None:
    """A whole answer."""
    length = f"Content-Length: {len(body)}\r\n" if status != HTTPStatus.NO_CONTENT else ""
    client.sendall(_head(status, content_type, length) + body)


def start_stream(client: socket.socket, content_type: str) -> None:
    """The head of an answer that ends when the connection does."""
    client.sendall(_head(HTTPStatus.OK, content_type))


def message(text: str) -> bytes:
    """A message as the engine would send it, for docker-py to show."""
    return json.dumps({"message": text}).encode()


def close(client: socket.socket) -> None:
    """What the client still sends is read for a moment, or the system would discard our answer."""
    deadline = time.monotonic() + SECONDS_TO_CLOSE
    with suppress(OSError):
        client.shutdown(socket.SHUT_WR)
        while True:
            _receive(client, deadline)
    with suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)  # wakes a thread that still reads


def _head(status: int, content_type: str, length: str = "") -> bytes:
    phrase = HTTPStatus(status).phrase
    return (
        f"HTTP/1.1 {status} {phrase}\r\nContent-Type: {content_type}\r\n{length}"
        "Connection: close\r\n\r\n"
    ).encode("ascii")


def _receive(client: socket.socket, deadline: float) -> bytes:
    """The next bytes; all of a request must come before the deadline, however slowly it is sent."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    client.settimeout(left)
    received = client.recv(65536)
    if not received:
        raise ConnectionError
    return received

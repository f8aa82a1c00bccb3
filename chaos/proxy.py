"""A TCP proxy between one load and its server, that does something at a named point of the talk.

A point is a pattern in what the loader sends. So it is independent of the loader's code, and what
was done was done to a load that had really come that far: the fault was hit.
"""

from __future__ import annotations

import ctypes
import re
import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CHUNK_BYTES = 1 << 16
STATEMENT_BYTES, REMEMBERED_BYTES = 1 << 12, 1 << 14
SO_ATTACH_FILTER = 26  # linux/asm-generic/socket.h; Python has no name for it


@dataclass(frozen=True)
class Point:
    """A statement that the loader sends. ``after``: a pattern that the connection sent before it."""

    name: str
    pattern: re.Pattern[bytes]
    after: re.Pattern[bytes] | None = None


def _point(name: str, pattern: bytes, after: bytes | None = None) -> Point:
    flags = re.DOTALL | re.IGNORECASE
    return Point(name, re.compile(pattern, flags), re.compile(after, flags) if after else None)


COPY = rb"COPY .{0,2000}FROM STDIN"
LEDGER = rb"INSERT INTO .{0,40}tlc_load"
CREATE_STAGING = _point("create staging", rb"CREATE TABLE .{0,10}staging")
IN_COPY = _point("in COPY", rb"\Ad", after=COPY)
COMMIT_STAGE = _point("commit of stage", rb"COMMIT", after=COPY)
CHECK = _point("check", rb"ANALYZE .{0,10}staging")
MERGE = _point("merge", rb"tlc_load", after=rb"nyc_tlc month|FOR UPDATE.{0,200}month ")
ATTACH = _point("attach", rb"ATTACH PARTITION")
WRITE_LEDGER = _point("ledger", LEDGER)
COMMIT_MERGE = _point("commit of merge", rb"COMMIT", after=LEDGER)
CLEAN_UP = _point("clean up", rb"DROP TABLE IF EXISTS .{0,10}staging.{0,80}\Z")
STAGING_POINTS = (CREATE_STAGING, IN_COPY, COMMIT_STAGE)
MERGE_POINTS = (MERGE, ATTACH, WRITE_LEDGER, COMMIT_MERGE)
POINTS = (*STAGING_POINTS, CHECK, *MERGE_POINTS, CLEAN_UP)


def message(number: int) -> Point:
    """The load's message of that number, whatever it is."""
    return Point(f"message {number}", re.compile(b""), None)


@dataclass
class Rule:
    """What is done at a point, once: before the server gets it, or when its ``reply`` comes back."""

    point: Point
    action: Callable[[Wire], None]
    reply: bool = False
    countdown: int = 0


class Wire:
    """One connection of the load, and its other half to the server."""

    def __init__(self, proxy: Proxy, client: socket.socket) -> None:
        self.proxy, self.client = proxy, client
        self.server = socket.create_connection(("127.0.0.1", proxy.server_port))
        self.backend: int | None = None
        self.sent = b""
        self.dead = threading.Event()
        self._awaiting: Rule | None = None
        for side in (client, self.server):
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for pump in (self._from_client, self._from_server):
            threading.Thread(target=pump, daemon=True).start()

    def cut(self, *, reset: bool = False) -> None:
        """Close both halves: by FIN, or by RST as a firewall does."""
        self.dead.set()
        for side in (self.client, self.server):
            with suppress(OSError):
                if reset:
                    side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    # Wakes the thread that reads here. Until then, close() would send nothing.
                    side.shutdown(socket.SHUT_RD)
                else:
                    side.shutdown(socket.SHUT_RDWR)
            with suppress(OSError):
                side.close()

    def freeze(self) -> None:
        """From now on no packet arrives, nor is one acknowledged, on either side: a black hole."""
        self.dead.set()
        for side in (self.client, self.server):
            with suppress(OSError):
                _drop_everything(side)

    def _from_client(self) -> None:
        with suppress(OSError):
            while data := self.client.recv(CHUNK_BYTES):
                self._apply_rule(data)
                self.sent = (self.sent + data[:STATEMENT_BYTES])[-REMEMBERED_BYTES:]
                if self.dead.is_set():
                    return
                self.server.sendall(data)
        self._half_closed(self.server)

    def _from_server(self) -> None:
        with suppress(OSError):
            while data := self.server.recv(CHUNK_BYTES):
                if self.backend is None and (at := data.find(b"K\x00\x00\x00\x0c")) >= 0:
                    (self.backend,) = struct.unpack_from("!i", data, at + 5)
                rule, self._awaiting = self._awaiting, None
                if rule:
                    rule.action(self)
                if self.dead.is_set():
                    return
                self.client.sendall(data)
        self._half_closed(self.client)

    def _apply_rule(self, data: bytes) -> None:
        rule = self.proxy.matching(data, self.sent)
        if rule is None:
            return
        if rule.reply:
            self._awaiting = rule
        else:
            rule.action(self)

    def _half_closed(self, side: socket.socket) -> None:
        if not self.dead.is_set():
            with suppress(OSError):
                side.shutdown(socket.SHUT_WR)


class Proxy:
    """Listens on loopback for one load; its rules are used up as their points are reached."""

    def __init__(self, server_port: int) -> None:
        self.server_port = server_port
        self.wires: list[Wire] = []
        self.accepting = True
        self._rules: list[Rule] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def at(self, point: Point, action: Callable[[Wire], None], *, reply: bool = False) -> None:
        number = re.fullmatch(r"message (\d+)", point.name)
        self._rules.append(Rule(point, action, reply, int(number[1]) if number else 0))

    def matching(self, data: bytes, sent: bytes) -> Rule | None:
        """The first rule whose point this is, taken from the list."""
        with self._lock:
            for rule in self._rules:
                rule.countdown -= 1
                if rule.countdown > 0 or not rule.point.pattern.search(data):
                    continue
                if rule.point.after and not rule.point.after.search(sent):
                    continue
                self._rules.remove(rule)
                return rule
        return None

    def forget_rules(self) -> None:
        with self._lock:
            self._rules.clear()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for wire in self.wires:
            wire.cut(reset=True)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    self.wires.append(Wire(self, client))
                except OSError:  # the server is down, as behind a load balancer
                    client.close()


def _drop_everything(side: socket.socket) -> None:
    """A socket filter that keeps no byte of any packet, so the kernel acknowledges none."""
    keep_nothing = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
    program = struct.pack("HL", 1, ctypes.addressof(keep_nothing))
    side.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


def delay(seconds: float) -> Callable[[Wire], None]:
    return lambda _wire: time.sleep(seconds)

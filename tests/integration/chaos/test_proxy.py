"""A broken connection is broken on both sides; a server that does not hear of it waits for ever."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from chaos.proxy import Proxy

pytestmark = pytest.mark.integration


@pytest.fixture
def ends() -> Iterator[tuple[int, queue.SimpleQueue[str]]]:
    """A server's port, and how its connections end."""
    ended: queue.SimpleQueue[str] = queue.SimpleQueue()
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        threading.Thread(target=_serve, args=(listener, ended), daemon=True).start()
        yield listener.getsockname()[1], ended


def _serve(listener: socket.socket, ended: queue.SimpleQueue[str]) -> None:
    client, _ = listener.accept()
    with client:
        try:
            while client.recv(64):
                ended.put("began")
            ended.put("closed")
        except ConnectionResetError:
            ended.put("reset")


@pytest.mark.parametrize(("reset", "how"), [(True, "reset"), (False, "closed")])
def test_the_server_learns_of_a_cut(
    reset: bool, how: str, ends: tuple[int, queue.SimpleQueue[str]]
) -> None:
    port, ended = ends
    with closing(Proxy(port)) as proxy:
        client = socket.create_connection(("127.0.0.1", proxy.port))
        client.sendall(b"hello")
        assert ended.get(timeout=5) == "began"
        while not proxy.wires:  # it is noted just after its bytes have passed
            time.sleep(0.01)
        proxy.wires[0].cut(reset=reset)
        assert ended.get(timeout=5) == how
        client.close()

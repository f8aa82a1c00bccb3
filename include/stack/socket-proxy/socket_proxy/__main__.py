"""Serves the proxy: ``python -m socket_proxy``, with COMPOSE_PROJECT_NAME in the environment."""

from __future__ import annotations

import os
import signal
import socketserver
import sys
import threading
from contextlib import suppress
from typing import Any

from socket_proxy import wire
from socket_proxy.engine import Engine
from socket_proxy.proxy import Proxy

PORT = 2375
ENGINE_SOCKET = "/var/run/docker.sock"
MOST_CONNECTIONS = 100


class Server(socketserver.ThreadingTCPServer):
    """A thread per connection, and no more than MOST_CONNECTIONS of them."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], proxy: Proxy) -> None:
        super().__init__(address, socketserver.BaseRequestHandler)
        self._proxy = proxy
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  socketserver's
        with suppress(OSError):  # the client is gone, or silent
            self._proxy.serve(request)
        wire.close(request)


def main() -> None:
    project = os.environ["COMPOSE_PROJECT_NAME"]
    proxy = Proxy(Engine(ENGINE_SOCKET, project), reports_volume=f"{project}_reports")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with Server(("", PORT), proxy) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()

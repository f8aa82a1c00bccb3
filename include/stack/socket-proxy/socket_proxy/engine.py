"""The engine behind its socket. It only gets requests that are written here."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Mapping
from contextlib import closing
from typing import Any
from urllib.parse import urlencode

from socket_proxy.checks import RefusedError
from socket_proxy.rules import STACK_LABEL


class EngineError(Exception):
    """The engine's own refusal."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("docker")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


class Engine:
    """``stack`` is the label of this stack's containers, ``name=value``."""

    def __init__(self, socket_path: str, project: str) -> None:
        self._socket_path = socket_path
        self.labels = {STACK_LABEL: project}
        self.stack = f"{STACK_LABEL}={project}"

    def open(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None
    ) -> tuple[Connection, http.client.HTTPResponse]:
        """An answer that is still to be read. Raises EngineError where it is an error."""
        connection = Connection(self._socket_path)
        url = f"{path}?{urlencode(query)}" if query else path
        content = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        try:
            connection.request(method, url, content, headers)
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            text = f"The Docker proxy cannot reach the engine at {self._socket_path}: {error!r}"
            raise EngineError(http.HTTPStatus.BAD_GATEWAY, text) from error
        if response.status >= http.HTTPStatus.BAD_REQUEST:
            with closing(connection):
                raise EngineError(response.status, _error_text(response.read()))
        return connection, response

    def ask(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None
    ) -> tuple[int, bytes]:
        """Status and body of a whole answer."""
        connection, response = self.open(method, path, query, body)
        with closing(connection):
            return response.status, response.read()

    def inspect(self, path: str, container: str) -> dict[str, Any]:
        """Raises RefusedError unless the container is one of this stack.

        Neither an id nor a label can change later, so what is asked next about the id is safe.
        """
        version = path.split("/")[1]
        found: dict[str, Any] = json.loads(
            self.ask("GET", f"/{version}/containers/{container}/json")[1]
        )
        labels = found["Config"]["Labels"] or {}
        if found["Id"] != container or not self.labels.items() <= labels.items():
            raise RefusedError(
                f"the container {container[:12]} was not made by this proxy; allowed: containers "
                f"with the label {self.stack}"
            )
        return found


def _error_text(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")

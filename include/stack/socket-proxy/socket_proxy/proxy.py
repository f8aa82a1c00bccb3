"""From a client's request to the engine's answer."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from http.client import HTTPException
from typing import Any

from socket_proxy import routes, rules, wire
from socket_proxy.checks import RefusedError, Rule, parse
from socket_proxy.engine import Engine, EngineError
from socket_proxy.routes import Asked
from socket_proxy.wire import Request


def decide(request: Request, container: Rule) -> tuple[Asked, Any]:
    """What is asked, and the body parsed. Raises RefusedError unless all of it is allowed."""
    asked = routes.find(request.method, request.target)
    if "upgrade" in request.headers and not asked.path.endswith("/attach"):
        raise RefusedError("the header upgrade is not allowed here")
    if asked.action != "create":
        if request.body:
            raise RefusedError("a body is not allowed here")
        return asked, None
    content_type = request.headers.get("content-type", "")
    if content_type != "application/json":
        raise RefusedError(f"Content-Type is {content_type!r}; allowed: application/json")
    body = parse(request.body)
    container(body, "")
    return asked, body


class Proxy:
    """Decides for the stack of a Compose project."""

    def __init__(self, engine: Engine, reports_volume: str) -> None:
        self._engine = engine
        self._container = rules.container(reports_volume)

    def serve(self, client: socket.socket) -> None:
        """One connection: one request, one answer, one line in the log."""
        request = None
        try:
            request = wire.read_request(client)
            asked, body = decide(request, self._container)
            status = self._pass_on(client, asked, body)
            note = ""
        except RefusedError as error:
            status, note = 403, str(error)
            what = f"{request.method} {request.target.partition('?')[0]}" if request else "this"
            text = f"The Docker proxy refuses {what}: {note}"
            wire.answer(client, status, wire.message(text))
        except EngineError as error:
            status, note = error.status, ""
            wire.answer(client, status, wire.message(str(error)))
        _log(request, status, note)

    def _pass_on(self, client: socket.socket, asked: Asked, body: Any) -> int:
        inspected = self._engine.inspect(asked.path, asked.container) if asked.container else None
        match asked.action:
            case "inspect":
                status, answer = 200, json.dumps(_inspected(inspected or {})).encode()
            case "stream":
                return self._stream(client, asked)
            case "create":
                body["Labels"] |= self._engine.labels
                status, answer = self._engine.ask("POST", asked.path, body=body)
            case "images":
                status, answer = self._listed(asked, asked.filters, ("Id", "RepoTags"))
            case "list":
                mine = [*asked.filters.get("label", []), self._engine.stack]
                shown = ("Id", "Image", "Labels", "Created", "State", "Status")
                status, answer = self._listed(asked, {"label": mine}, shown)
            case "version":
                status, answer = self._engine.ask("GET", asked.path)
                versions = ("ApiVersion", "MinAPIVersion", "Version")
                answer = json.dumps(_only(json.loads(answer), versions)).encode()
            case _:  # ping, act
                status, answer = self._engine.ask(asked.method, asked.path, asked.query)
        wire.answer(client, status, answer)
        return status

    def _listed(
        self, asked: Asked, filters: Mapping[str, Any], keys: Iterable[str]
    ) -> tuple[int, bytes]:
        query = {**asked.query, "filters": json.dumps(filters)}
        status, answer = self._engine.ask("GET", asked.path, query)
        return status, json.dumps([_only(each, keys) for each in json.loads(answer)]).encode()

    def _stream(self, client: socket.socket, asked: Asked) -> int:
        """From the engine to the client alone: what the client sends goes nowhere."""
        connection, response = self._engine.open(asked.method, asked.path, asked.query)
        # Either side may close at any time. The answer ends there, as it does without a proxy.
        with suppress(OSError, HTTPException), closing(connection), response:
            wire.start_stream(client, response.headers["Content-Type"] or "application/json")
            client.settimeout(None)
            engine = socket.socket(fileno=socket.dup(response.fileno()))
            threading.Thread(target=_end_with, args=(client, engine), daemon=True).start()
            while part := response.read1(65536):
                client.sendall(part)
        return response.status


def _end_with(client: socket.socket, engine: socket.socket) -> None:
    """A client that goes away ends the engine's answer too."""
    with suppress(OSError), engine:
        while client.recv(65536):
            pass
        engine.shutdown(socket.SHUT_RDWR)


def _inspected(found: dict[str, Any]) -> dict[str, Any]:
    """What DockerOperator and our tasks look at, and no environment."""
    config = _only(found["Config"], ("Image", "Labels", "Tty"))
    return {**_only(found, ("Id", "Created", "State")), "Config": config}


def _only(found: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {key: found[key] for key in keys if key in found}


def _log(request: Request | None, status: int, note: str) -> None:
    if request and request.target.endswith("/_ping") and status < 400:
        return  # health checks
    what = f"{request.method} {request.target.partition('?')[0]}" if request else "unreadable"
    print(f"{what} {status} {note}".rstrip(), flush=True)

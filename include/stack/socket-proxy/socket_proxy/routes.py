"""The requests that are allowed: method, path and query. All others are refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from socket_proxy.checks import RefusedError, Rule, exactly, list_of, parse, record, text
from socket_proxy.rules import image, label

# 1.41 is Docker 20.10, the oldest engine that the stack is tested on.
VERSION = r"v1\.(4[1-9]|[5-9][0-9])"
# Names and shortened ids are refused: the engine resolves them, and the answer could change.
CONTAINER = r"(?P<container>[0-9a-f]{64})"

flag = exactly("0", "1")
images_filter = record({"reference": list_of(image, least=1, most=1)})
containers_filter = record({}, {"label": list_of(label, most=10)})


@dataclass(frozen=True)
class Route:
    """``action`` names what ``proxy.py`` does with it."""

    method: str
    path: str
    action: str
    query: Mapping[str, Rule] = field(default_factory=dict)
    filters: Rule | None = None


ROUTES = (
    Route("GET", rf"(/{VERSION})?/_ping", "ping"),
    Route("GET", rf"(/{VERSION})?/version", "version"),
    Route(
        "GET", rf"/{VERSION}/images/json", "images",
        {"only_ids": exactly("0"), "all": exactly("0")}, images_filter,
    ),
    Route(
        "GET", rf"/{VERSION}/containers/json", "list",
        {"limit": exactly("-1"), "all": flag, "size": exactly("0"), "trunc_cmd": exactly("0")},
        containers_filter,
    ),
    Route("POST", rf"/{VERSION}/containers/create", "create"),
    Route("GET", rf"/{VERSION}/containers/{CONTAINER}/json", "inspect"),
    Route(
        "POST", rf"/{VERSION}/containers/{CONTAINER}/attach", "stream",
        {"logs": flag, "stdout": flag, "stderr": flag, "stream": exactly("1")},
    ),
    Route(
        "GET", rf"/{VERSION}/containers/{CONTAINER}/logs", "stream",
        {
            "stdout": flag, "stderr": flag, "follow": flag, "timestamps": flag,
            "tail": text("all|[0-9]{1,9}", "all or a number"),
        },
    ),
    Route("POST", rf"/{VERSION}/containers/{CONTAINER}/wait", "stream"),
    Route("POST", rf"/{VERSION}/containers/{CONTAINER}/start", "act"),
    Route(
        "POST", rf"/{VERSION}/containers/{CONTAINER}/stop", "act",
        {"t": text("[0-9]{1,3}", "0 to 999 seconds")},
    ),
    Route(
        "POST", rf"/{VERSION}/containers/{CONTAINER}/kill", "act",
        {"signal": exactly("SIGKILL", "SIGTERM", "SIGINT")},
    ),
    Route(
        "DELETE", rf"/{VERSION}/containers/{CONTAINER}", "act",
        {"v": exactly("False"), "link": exactly("False"), "force": exactly("False", "True")},
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A request that is allowed, in parts: what goes to the engine is written anew from them."""

    action: str
    method: str
    path: str
    container: str
    query: Mapping[str, str]
    filters: Mapping[str, Any]


def find(method: str, target: str) -> Asked:
    """Raises RefusedError unless the method, the path and each parameter are in the table."""
    path, _, query_text = target.partition("?")
    for route in ROUTES:
        match = re.fullmatch(route.path, path)
        if match and route.method == method:
            query, filters = _query(route, query_text)
            container = match.groupdict().get("container", "")
            return Asked(route.action, method, path, container, query, filters)
    raise RefusedError(
        "only what script tasks need is allowed: look up an image, create a container, and by its "
        "full id inspect, attach, logs, wait, start, stop, kill and remove it, at /v1.41 or newer"
    )


def _query(route: Route, query_text: str) -> tuple[dict[str, str], dict[str, Any]]:
    given = _pairs(query_text)
    filters = given.pop("filters", None)
    if filters is not None and route.filters is None:
        raise RefusedError("the parameter filters is not allowed here")
    record({}, route.query)(given, "the query")
    parsed = parse(filters.encode()) if filters is not None else {}
    if route.filters is not None:
        route.filters(parsed, "filters")
    return given, parsed


def _pairs(query_text: str) -> dict[str, str]:
    if not query_text:
        return {}
    try:
        pairs = parse_qsl(query_text, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError as error:
        raise RefusedError(f"the query cannot be read ({error})") from None
    given = dict(pairs)
    if len(given) < len(pairs):
        raise RefusedError("a parameter of the query is there twice")
    return given

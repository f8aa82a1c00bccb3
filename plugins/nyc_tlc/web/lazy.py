"""The pages as an ASGI app that costs nothing until somebody asks for one.

Every process of Airflow loads the plugin; only the api-server needs FastAPI.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]


async def pages(
    scope: Scope,
    receive: Callable[[], Awaitable[Any]],
    send: Callable[[Any], Awaitable[None]],
) -> None:
    from nyc_tlc.web.app import app

    await app(scope, receive, send)

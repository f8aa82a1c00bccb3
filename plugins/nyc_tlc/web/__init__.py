"""Pages that the api-server serves beside Airflow's own, below ``/tlc``.

Every process of Airflow loads the plugin; only the api-server needs FastAPI. So ``pages`` is an ASGI app
that imports the real one when the first request comes.
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

"""A server that crashes, hangs, or ends a session."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from chaos.proxy import POINTS, Point, message

if TYPE_CHECKING:
    from chaos.proxy import Wire
    from chaos.round import Round


def kill_backend(played: Round) -> None:
    """SIGKILL to a backend: the server ends all others and recovers."""
    load = played.load()
    load.proxy.at(_point(played), played.hitting(lambda wire: _signal(wire, signal.SIGKILL)))
    with played.lane.server.durable():
        played.run(load)


def restart_server(played: Round) -> None:
    load = played.load()
    load.proxy.at(_point(played), played.hitting(lambda _wire: played.lane.server.crash()))
    with played.lane.server.durable():
        played.run(load)


def freeze_backend(played: Round) -> None:
    """The server hangs, and goes on only when the task's time is over."""
    load, frozen = played.load(seconds=2.0), []

    def freeze(wire: Wire) -> None:
        frozen.append(wire)
        _signal(wire, signal.SIGSTOP)

    load.proxy.at(_point(played), played.hitting(freeze))
    try:
        played.run(load, seconds=12)
    finally:
        for wire in frozen:
            _signal(wire, signal.SIGCONT)


def terminate_session(played: Round) -> None:
    """As an administrator does."""
    load, point = played.load(), _point(played)
    query = "SELECT pg_terminate_backend(%s)"
    load.proxy.at(
        point, played.hitting(lambda wire: played.lane.server.execute(query, [wire.backend]))
    )
    played.run(load)


def statement_timeout(played: Round) -> None:
    """A limit of the server's own on each statement."""
    limit = played.dice.randint(1, 12)
    load = played.load(extras={"options": f"-c statement_timeout={limit}ms"})
    played.run(load)
    if any("statement timeout" in error["message"] for error in load.errors()):
        played.hit.set()


def _point(played: Round) -> Point:
    if played.dice.random() < 0.5:
        return played.dice.choice(POINTS)
    return message(played.dice.randint(3, 60))


def _signal(wire: Wire, number: int) -> None:
    if wire.backend:
        with suppress(ProcessLookupError):
            os.kill(wire.backend, number)

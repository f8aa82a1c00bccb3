"""A network that cuts, resets, drops or delays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.proxy import COMMIT_MERGE, COMMIT_STAGE, POINTS, Point, delay, message

if TYPE_CHECKING:
    from chaos.round import Round


def cut(played: Round) -> None:
    """FIN, as from a proxy that is restarted."""
    load = played.load()
    load.proxy.at(
        _point(played), played.hitting(lambda wire: wire.cut()), reply=played.dice.random() < 0.5
    )
    played.run(load)


def reset(played: Round) -> None:
    """RST, as from a firewall that forgot the connection."""
    load = played.load()
    load.proxy.at(
        _point(played),
        played.hitting(lambda wire: wire.cut(reset=True)),
        reply=played.dice.random() < 0.5,
    )
    played.run(load)


def black_hole(played: Round) -> None:
    """From one moment on no packet arrives, in neither direction, and nobody says so."""
    load = played.load(seconds=3.0)
    load.proxy.at(
        _point(played), played.hitting(lambda wire: wire.freeze()), reply=played.dice.random() < 0.5
    )
    played.run(load, seconds=12)


def lose_commit_reply(played: Round) -> None:
    """The server has committed, and the loader is not told."""
    load, point = played.load(), played.dice.choice((COMMIT_STAGE, COMMIT_MERGE))
    load.proxy.at(point, played.hitting(lambda wire: wire.cut(reset=True)), reply=True)
    played.run(load)


def slow(played: Round) -> None:
    """A second's pause: nothing may fail."""
    load = played.load()
    load.proxy.at(_point(played), played.hitting(delay(1.0)))
    played.run(load)
    if not load.ok:
        played.verdict.add("hung", f"failed for a delay of a second: {load.errors()}")


def _point(played: Round) -> Point:
    if played.dice.random() < 0.5:
        return played.dice.choice(POINTS)
    return message(played.dice.randint(1, 60))

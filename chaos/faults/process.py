"""Loaders that are killed or stopped."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

from chaos.proxy import POINTS
from dev.http_server import Answer

if TYPE_CHECKING:
    from chaos.lane import Load
    from chaos.round import Round


def kill_at_point(played: Round) -> None:
    """SIGKILL before or after the server has done a statement."""
    load, point = played.load(), played.dice.choice(POINTS)
    load.proxy.at(
        point, played.hitting(lambda _wire: load.kill()), reply=played.dice.random() < 0.5
    )
    played.run(load)


def kill_at_random(played: Round) -> None:
    """SIGKILL at any moment, most of them outside the database."""
    load = played.load()
    load.start()
    load.process.join(played.dice.uniform(0, 0.6) * played.lane.slowness)
    if load.alive:
        load.kill()
        played.hit.set()
    played.wait(load)


def kill_in_download(played: Round) -> None:
    """SIGKILL while the body is on its way."""
    load = played.load()
    cut = played.dice.randrange(len(played.newest.body))
    played.lane.site.will_answer(Answer(cut_after=cut, before_body=lambda: _kill(played, load)))
    played.run(load)


def _kill(played: Round, load: Load) -> None:
    played.hit.set()
    load.kill()


def stop_past_retry(played: Round) -> None:
    """A worker that hangs: the run's retry works beside it, and then it wakes up."""
    load, point = played.load(), played.dice.choice(POINTS)
    load.proxy.at(
        point,
        played.hitting(lambda _wire: load.signal(signal.SIGSTOP)),
        reply=played.dice.random() < 0.5,
    )
    load.start()
    stopped = _stopped_or_over(played, load)
    second = played.another_try(load)
    if stopped:
        for _ in range(3):
            played.run(second)
            if second.ok:
                break
        load.signal(signal.SIGCONT)
    played.wait(load)


def _stopped_or_over(played: Round, load: Load) -> bool:
    while not played.hit.is_set() and load.alive:
        time.sleep(0.01)
    return played.hit.is_set()

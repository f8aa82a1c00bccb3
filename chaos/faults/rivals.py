"""Several runs of one month, of older and newer files, in every order."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from chaos.faults import bigquery
from chaos.proxy import CHECK, IN_COPY

if TYPE_CHECKING:
    from chaos.lane import Load
    from chaos.proxy import Point, Wire
    from chaos.round import Round
    from chaos.versions import Version

GATES = {"postgres": (CHECK, IN_COPY), "bigquery": (bigquery.CHECK, bigquery.MERGE)}


def older_after_newer(played: Round) -> None:
    """A run stages the old file, another one merges the republished one, the first one merges."""
    old = _other(played)
    if old is None:
        return
    played.lane.publish(old)
    first = played.load()
    gate = _Gate(first, played, GATES[played.lane.warehouse][0])
    first.start()
    gate.reached()
    _publish_newest(played, old)
    second = played.load()
    played.run(second)
    gate.open()
    played.wait(first)


def all_at_once(played: Round) -> None:
    """Two to four runs, each of the file that was there when it began, merge in any order."""
    old = _other(played)
    if old is None:
        return
    played.lane.publish(old)
    gates, number = [], played.dice.randint(2, 4)
    newest_from = played.dice.randint(1, number - 1)
    for index in range(number):
        if index == newest_from:
            _publish_newest(played, old)
        load = played.load()
        gates.append(_Gate(load, played, played.dice.choice(GATES[played.lane.warehouse])))
        load.start()
        gates[-1].reached()
    together = played.dice.random() < 0.5
    for gate in played.dice.sample(gates, len(gates)):
        gate.open()
        if not together:
            gate.load.process.join(5 * played.lane.slowness)
    for gate in gates:
        played.wait(gate.load)


def same_file_twice(played: Round) -> None:
    """Two runs of the same file start together."""
    loads = [played.load(force=played.dice.random() < 0.3) for _ in range(2)]
    for load in loads:
        load.start()
        time.sleep(played.dice.uniform(0, 0.1))
    if all(load.alive for load in loads):
        played.hit.set()
    for load in loads:
        played.wait(load)


def _other(played: Round) -> Version | None:
    """A version that is neither loaded nor the newest."""
    found = [
        version
        for version in played.lane.versions
        if version.source == played.source
        and version is not played.newest
        and version is not played.lane.current
    ]
    return played.dice.choice(found) if found else None


def _publish_newest(played: Round, old: Version) -> None:
    played.observer.allow(old)
    played.lane.publish(played.newest)


class _Gate:
    """Holds a load at a point until it is opened."""

    def __init__(self, load: Load, played: Round, point: Point) -> None:
        self.load, self._played = load, played
        self._reached, self._open = threading.Event(), threading.Event()
        load.proxy.at(point, self._hold)

    def _hold(self, _wire: Wire) -> None:
        self._reached.set()
        self._played.hit.set()
        self._open.wait(10 * self.load.lane.slowness)

    def reached(self) -> None:
        """Wait until the load is there, or waits for a lock, or has ended."""
        give_up_at = time.monotonic() + 1.5 * self.load.lane.slowness
        while time.monotonic() < give_up_at and self.load.alive and not self._reached.is_set():
            time.sleep(0.01)

    def open(self) -> None:
        self._open.set()

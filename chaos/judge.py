"""Who watches a round, and who says at its end what went wrong."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chaos.views import EMPTY

if TYPE_CHECKING:
    from chaos.lane import Lane
    from chaos.versions import Version
    from chaos.views import View

LOOKING_SHARE = 0.15  # of its time; more would only make the loads slower
# A backend that lost its client, and a lock with it, is ended by the server within this time.
SETTLE_SECONDS = 6.0
FAILINGS = ("lost", "doubled", "half-visible", "hung", "unnamed", "left behind")


@dataclass
class Verdict:
    """What went wrong in a round, by column of the table; empty where nothing did."""

    failings: dict[str, list[str]] = field(default_factory=dict)

    def add(self, failing: str, what: str) -> None:
        self.failings.setdefault(failing, []).append(what)


class Observer(threading.Thread):
    """Reads the month and then the ledger, again and again: each answer must be one of ``allowed``."""

    def __init__(self, lane: Lane, allowed: list[Version | None]) -> None:
        super().__init__(daemon=True)
        self.lane = lane
        self.allowed: dict[str, tuple[int, int, int]] = {}
        self.hashes: set[str] = set()
        for version in allowed:
            self.allow(version)
        self.wrong: list[str] = []
        self.longest = 0.0
        self._stopped = threading.Event()

    def allow(self, version: Version | None) -> None:
        """None: the month may be empty."""
        if version is None:
            self.allowed["nothing"] = EMPTY
        else:
            self.allowed[f"{version.name} as {version.source}"] = version.snapshot
            self.hashes.add(version.sha256)

    def stop(self) -> None:
        self._stopped.set()
        self.join()

    def run(self) -> None:
        while not self._stopped.is_set():
            with suppress(*self.lane.away), self.lane.view() as view:
                pause = 0.0
                while not self._stopped.wait(pause):
                    taken = self._look(view)
                    shortest, longest = self.lane.poll_seconds
                    pause = min(max(shortest, taken / LOOKING_SHARE), longest)

    def _look(self, view: View) -> float:
        """How many seconds it took."""
        begun = time.monotonic()
        seen = view.snapshot()
        self.longest = max(self.longest, time.monotonic() - begun)
        if seen not in self.allowed.values():
            self.wrong.append(f"the month was {seen}, expected one of {self.allowed}")
        sha256 = view.newest_load()
        if sha256 and sha256[0] not in self.hashes:
            self.wrong.append(f"the ledger's newest load was {sha256}")
        return time.monotonic() - begun


def judge_end(lane: Lane, newest: Version, verdict: Verdict) -> None:
    """The month's rows must be the newest file's, one by one, and the ledger must agree."""
    with lane.view() as view:
        found, load = view.rows(), view.newest_load()
    missing, surplus = newest.ids - found, found - newest.ids
    if missing:
        verdict.add("lost", f"{missing.total()} of {newest.ids.total()} rows are not there")
    elif surplus:
        verdict.add("doubled", f"{surplus.total()} rows too many")
    if load != (newest.sha256, newest.ids.total()):
        verdict.add("half-visible", f"the ledger says {load}, the newest file is {newest.name}")


def judge_leftovers(lane: Lane, verdict: Verdict) -> None:
    """Staging tables, locks, idle transactions, parts; what the server ends by itself may take a while."""
    give_up_at = time.monotonic() + SETTLE_SECONDS
    while (found := lane.leftovers()) and time.monotonic() < give_up_at:
        time.sleep(0.1)
    for what in found:
        verdict.add("left behind", what)

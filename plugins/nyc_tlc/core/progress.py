"""Logs the progress of long work: how much, how fast, time left. A terminal can watch it too."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Progress:
    """Logs at most every ``interval`` seconds while ``add`` is called, and once at ``finish``.

    ``show`` formats an amount: ``megabytes`` or ``rows``. ``done`` is the amount that an earlier try
    has done; it does not count for the speed.
    """

    def __init__(
        self,
        log: logging.Logger,
        what: str,
        total: int | None,
        show: Callable[[float], str],
        *,
        interval: float = 5.0,
        done: int = 0,
    ) -> None:
        self._log, self._what, self.total, self.show = log, what, total, show
        self._interval = interval
        self._started = self._logged = time.monotonic()
        self.done = self._done_before = done

    def add(self, amount: int) -> None:
        self.done += amount
        watcher.get()(self)
        if time.monotonic() - self._logged >= self._interval:
            self._report()

    def finish(self) -> None:
        rate = self.show(self._rate())
        seconds = time.monotonic() - self._started
        self._log.info("%s: %s in %.1f s, %s/s", self._what, self.show(self.done), seconds, rate)

    def _report(self) -> None:
        self._logged = time.monotonic()
        rate = self._rate()
        left = self._left(rate)
        self._log.info("%s: %s%s, %s/s", self._what, self.show(self.done), left, self.show(rate))

    def _rate(self) -> float:
        return (self.done - self._done_before) / max(time.monotonic() - self._started, 1e-3)

    def _left(self, rate: float) -> str:
        if not self.total:
            return ""
        seconds = max(self.total - self.done, 0) / max(rate, 1e-3)
        return f" of {self.show(self.total)} ({self.done / self.total:.0%}), {seconds:.0f} s left"


# Called with each Progress of this context whenever it advances.
watcher: ContextVar[Callable[[Progress], None]] = ContextVar("watcher", default=lambda _: None)


@contextmanager
def still_working(what: str, say: Callable[[str], object], every: float) -> Iterator[None]:
    """``say`` that the block still runs, and for how long, every ``every`` seconds."""
    ended, began = threading.Event(), time.monotonic()

    def tell() -> None:
        while not ended.wait(every):
            say(f"  {what}: {time.monotonic() - began:.0f} s")

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()


def megabytes(count: float) -> str:
    return f"{count / 1e6:,.1f} MB"


def rows(count: float) -> str:
    return f"{count:,.0f} rows"

"""Asking a source again that did not answer, or was busy."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from time import sleep
from typing import TypeVar

from nyc_tlc.errors import SourceUnreachable
from nyc_tlc.landing.remote import Busy

log = logging.getLogger(__name__)

TRIES = 6
LONGEST_WAIT_SECONDS = 60.0
Answer = TypeVar("Answer")


def patiently(ask: Callable[[], Answer], wait: float = 1.0) -> Answer:
    """Ask, ``TRIES`` times in all while SourceUnreachable is raised; the last one is passed on.

    Waits ``wait`` seconds, doubled each time, or what the source's Retry-After says.
    """
    for attempt in range(TRIES - 1):
        try:
            return ask()
        except SourceUnreachable as error:
            pause = _pause(error, wait * 2**attempt)
            log.warning("%s Try %d of %d in %.1f s.", error, attempt + 2, TRIES, pause)
            sleep(pause)
    return ask()


def _pause(error: SourceUnreachable, backoff: float) -> float:
    if isinstance(error, Busy) and error.retry_after is not None:
        return min(error.retry_after, LONGEST_WAIT_SECONDS)
    return min(backoff * random.uniform(0.75, 1.25), LONGEST_WAIT_SECONDS)  # noqa: S311

"""Runs an iterator in a thread, a few items ahead of who consumes it."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

Item = TypeVar("Item")

_END = object()


def prefetch(items: Iterator[Item], ahead: int = 2) -> Iterator[Item]:
    """Yield what ``items`` yields, in order, and raise what it raises; at most ``ahead`` waiting."""
    waiting: queue.Queue[object] = queue.Queue(ahead)
    stopped = threading.Event()
    failures: list[BaseException] = []

    def produce() -> None:
        try:
            for item in items:
                if not _put(waiting, item, stopped):
                    return
        except BaseException as error:  # noqa: BLE001 - raised again by who consumes
            failures.append(error)
        _put(waiting, _END, stopped)

    thread = threading.Thread(target=produce, name="prefetch", daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not _END:
            yield item  # type: ignore[misc]
    finally:
        stopped.set()
        thread.join()
    if failures:
        raise failures[0]


def _put(waiting: queue.Queue[object], item: object, stopped: threading.Event) -> bool:
    """Wait for room; False once the consumer has gone."""
    while not stopped.is_set():
        try:
            waiting.put(item, timeout=0.1)
        except queue.Full:
            continue
        return True
    return False

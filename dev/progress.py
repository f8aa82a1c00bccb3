"""A line every few seconds while something takes longer, so that nobody takes it for stuck."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

SILENCE_SECONDS = 5.0


@contextmanager
def progress(what: str, every: float = SILENCE_SECONDS) -> Iterator[None]:
    """Print ``what`` and the time so far, every ``every`` seconds while the block runs."""
    ended = threading.Event()
    began = time.monotonic()

    def tell() -> None:
        while not ended.wait(every):
            print(f"  {what}: {time.monotonic() - began:.0f} s", flush=True)

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()

"""A line every few seconds while something takes longer, so that nobody takes it for stuck."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

SILENCE_SECONDS = 5.0


@contextmanager
def progress(what: str, every: float = SILENCE_SECONDS, to: TextIO | None = None) -> Iterator[None]:
    """Print ``what`` and the time so far, every ``every`` seconds while the block runs.

    To stdout, or to another stream: a command whose output is read by programs has only stderr for this.
    """
    ended = threading.Event()
    began = time.monotonic()

    def tell() -> None:
        while not ended.wait(every):
            print(f"  {what}: {time.monotonic() - began:.0f} s", file=to or sys.stdout, flush=True)

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()

"""A line every few seconds while something takes longer, so that nobody takes it for stuck."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TextIO

from nyc_tlc.core.progress import still_working

SILENCE_SECONDS = 5.0


@contextmanager
def progress(what: str, every: float = SILENCE_SECONDS, to: TextIO | None = None) -> Iterator[None]:
    """Print ``what`` and the time so far, every ``every`` seconds while the block runs.

    To stdout, or to another stream: a command whose output is read by programs has only stderr for this.
    """
    with still_working(what, partial(print, file=to or sys.stdout, flush=True), every):
        yield

"""One scheduler per Airflow home: two with different settings would take each other's tasks."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAMES = {"dev.demo": "make demo", "dev.demo_gcp": "make demo-gcp", "dev.ui": "make ui"}


@contextmanager
def only_scheduler(home: Path, url: str) -> Iterator[None]:
    """Hold the home for this process; ends the program with a sentence where another one holds it.

    The lock is the system's: it ends with its process, however that ends.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / "scheduler.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise SystemExit(
                f"{lock.read().strip() or 'Another Airflow'} is running on {home}. Two schedulers there "
                "would take each other's tasks. Stop it first (Ctrl-C in its terminal)."
            ) from None
        lock.truncate(0)
        lock.write(f"{_command()} (process {os.getpid()}, {url})")
        lock.flush()
        yield


def _command() -> str:
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return NAMES.get(spec.name if spec else "", "Another Airflow")

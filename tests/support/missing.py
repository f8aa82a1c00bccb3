"""What a test needs and the machine does not have: a reason to skip, except in CI, where it must be."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def needs(what: str, command: str) -> str:
    return f"needs {what}: {command}"


AIRFLOW_3_2 = needs("Airflow 3.2 or later", "make test")
# A small disk that fills up, for a test.
NO_MOUNT = needs("the right to mount a tmpfs", "run make test as root")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def missing(what: str, command: str, seen: str = "") -> NoReturn:
    """Skip, in the form that ``tests/support/skips.py`` counts.

    :param command: provides what is missing.
    """
    reason = f"{needs(what, command)}{f' ({seen})' if seen else ''}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def browser() -> str:
    """The program of a Chromium; skips where there is none."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    return found or missing("a browser", "apt-get install chromium")

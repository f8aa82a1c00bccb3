"""Landing: can it be written, and has it room."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from nyc_tlc.cli.checkup.finding import Finding, size
from nyc_tlc.cli.steps import landing_uri
from nyc_tlc.errors import LandingError
from nyc_tlc.landing.remote import local_path

NAME = "tlc_landing"
LITTLE_BYTES = 2e9
MOVE = "Give it to the user Airflow runs as, or set the Variable tlc_landing to another folder."


def try_landing() -> Iterator[Finding]:
    uri = landing_uri()
    if uri.startswith(("file://", "/")):
        folder = local_path(uri)
        yield _writable(folder)
        yield _room(folder)
    else:
        yield _store(uri)


def _writable(folder: Path) -> Finding:
    if os.access(_existing(folder), os.W_OK):
        return Finding(NAME, "folder", True, f"{folder} can be written")
    seen = f"user {os.getuid()} may not write to {folder}"
    return Finding(NAME, "folder", False, seen, MOVE)


def _room(folder: Path) -> Finding:
    free = shutil.disk_usage(_existing(folder)).free
    advice = "" if free >= LITTLE_BYTES else "A month is up to 0.5 GB. Free some, or move landing."
    return Finding(NAME, "disk", not advice, f"{size(free)} are free", advice)


def _store(uri: str) -> Finding:
    from nyc_tlc.hooks.landing import require_store

    try:
        require_store(uri)
    except LandingError as error:
        return Finding(NAME, "store", False, str(error))
    return Finding(NAME, "store", True, f"{uri} can be opened")


def _existing(folder: Path) -> Path:
    """The folder itself or, before the first download, the one in which it is to be made."""
    return next(path for path in (folder, *folder.parents) if path.exists())

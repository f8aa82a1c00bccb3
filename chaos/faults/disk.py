"""Disks without room."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chaos.round import Round


def full_landing(played: Round) -> None:
    """No file of the loader's may grow beyond a part of the trip file."""
    load = played.load(largest_file=played.dice.randrange(4096, len(played.newest.body)))
    played.run(load)
    if any(error["error"] == "DiskFullError" for error in load.errors()):
        played.hit.set()
    _expect(played, "DiskFullError")


def full_server(played: Round) -> None:
    """New tables go to a disk of 40 kB, where no month has room."""
    if not os.path.ismount(played.lane.small_disk):
        return
    load = played.load(extras={"options": "-c default_tablespace=small"})
    played.run(load)
    if load.errors():
        played.hit.set()
    # Without this, a later crash replays the WAL of the full disk, and the server does not come up.
    played.lane.server.execute("CHECKPOINT")


def _expect(played: Round, name: str) -> None:
    others = {error["error"] for load in played.loads for error in load.errors()} - {name}
    if others:
        played.verdict.add("unnamed", f"expected {name}, got {others}")

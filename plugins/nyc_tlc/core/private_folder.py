"""Folders of our own on a machine that other users share.

Anyone who can write to such a folder, or rename it, decides what we read and where we write. So this user or
root must own it, and nobody else may write to it, except a group of this process. The volumes of the compose
stack pass (``50000:0``, 0775, and group 0 is the process's own); a folder open to everybody does not.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection
from pathlib import Path

ROOT = 0
OWNER_ONLY = 0o700


def make_private(folder: Path) -> None:
    """Make the folder, and those that are missing above it, for this user only."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=OWNER_ONLY, exist_ok=True)


def why_unsafe(folder: Path, owners: Collection[int] = ()) -> str | None:
    """Who else could change what is in the folder; None if nobody can.

    ``owners`` are users trusted besides this one and root. The folder above counts too, since a folder
    can be renamed there; where it has the sticky bit, as ``/tmp`` has, only its owner can do that.
    """
    trusted = {ROOT, os.geteuid(), *owners}
    real = folder.resolve()
    for path in dict.fromkeys((folder, folder.parent, real, real.parent)):
        found = path.lstat()
        if found.st_uid not in trusted:
            return f"{path} belongs to user {found.st_uid}"
        sticky = found.st_mode & stat.S_ISVTX and path in (folder.parent, real.parent)
        if not (stat.S_ISLNK(found.st_mode) or sticky) and _open_to_others(found):
            return f"others can write to {path} (mode {stat.S_IMODE(found.st_mode):04o})"
    return None


def _open_to_others(found: os.stat_result) -> bool:
    groups = {ROOT, os.getegid(), *os.getgroups()}
    by_group = found.st_mode & stat.S_IWGRP and found.st_gid not in groups
    return bool(by_group or found.st_mode & stat.S_IWOTH)

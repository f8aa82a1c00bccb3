"""What a script's container may do: as little as a script needs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

# The USER of our Dockerfiles, for a worker that is root.
IMAGE_USER = 10001

TMP_SIZE = "256m"


def host_config(memory: str, cpus: float) -> dict[str, Any]:
    """Arguments of docker-py's ``create_host_config`` that DockerOperator does not have.

    Swap is off, so that ``memory`` is the limit; an init process reaps what the script leaves.
    """
    return {
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "read_only": True,
        "tmpfs": {"/tmp": f"size={TMP_SIZE},mode=1777"},  # noqa: S108  the container's own
        "pids_limit": 128,
        "memswap_limit": memory,
        "nano_cpus": round(cpus * 1e9),
        "init": True,
    }


def container_user() -> str:
    """``uid:gid`` of this process, so that each can read what the other wrote; never root's."""
    uid = os.getuid() or IMAGE_USER
    return f"{uid}:{os.getgid() or uid}"


def hand_over(path: Path) -> None:
    """Give a file or folder to the container's user, where this process is root."""
    if os.getuid() == 0:
        os.chown(path, IMAGE_USER, IMAGE_USER)

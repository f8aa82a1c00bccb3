"""What a script's container is: its image, what it may use, and what it sees of the shared folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from nyc_tlc.core.files import Folder
from nyc_tlc.core.private_folder import make_private

if TYPE_CHECKING:
    from docker.types import Mount

TRIP_REPORT = "nyc-tlc-trip-report:3"
PRODUCTS = "nyc-tlc-products:1"

# Folder of include/containers → the image that is built from it.
IMAGES = {"trip_report": TRIP_REPORT, "products": PRODUCTS}


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
    """Give a file or folder to the container's user, where this process is root.

    A container can put a link in its place, which is not followed.
    """
    if os.getuid() == 0:
        with Folder.opened(path.parent) as folder:
            folder.give_to(IMAGE_USER, path.name)


def write_shared(reports: Path, path: Path, content: bytes) -> None:
    """Write a file below the folder that is shared with containers.

    Before Docker 26 a container sees all of a volume, so it may have put a link at any place below
    ``reports``. None is followed; raises UnsafeFileError.
    """
    *folders, name = path.relative_to(reports).parts
    make_private(reports)
    with (
        Folder.opened(reports) as root,
        root.below(*folders, make=True) as folder,
        folder.replaced(name) as file,
    ):
        file.write(content)


def read_shared(reports: Path, path: Path, at_most: int) -> bytes:
    """A regular file below the folder that is shared with containers; raises UnsafeFileError."""
    *folders, name = path.relative_to(reports).parts
    with Folder.opened(reports) as root, root.below(*folders) as folder:
        return folder.read(name, at_most)


def make_folder(reports: Path, folder: str) -> None:
    """Make a folder below that of all reports, where it is missing, for the container's user."""
    make_private(reports)
    names = PurePosixPath(folder).parts
    with Folder.opened(reports) as opened:
        for depth in range(len(names) + 1):
            with opened.below(*names[:depth], make=True) as made:
                if os.getuid() == 0:
                    made.give_to(IMAGE_USER)


DATA = "/data"
# Docker 26, the first whose volumes can be mounted in part.
VOLUME_PARTS = (1, 45)


@dataclass(frozen=True)
class SharedFolder:
    """``mount``, a folder of the engine's machine or the name of a volume, is at ``/data``; the
    container is given ``folder`` of it (all, if empty), and of that may only read ``read_only``.
    """

    mount: str
    folder: str = ""
    read_only: str = ""

    def mounts(self, engine_api: str) -> list[Mount]:
        """For an engine of that API's version. A named volume is mounted whole before Docker 26."""
        if not self.mount:
            return []
        whole = self._is_volume and _version(engine_api) < VOLUME_PARTS
        if whole or not self.folder:
            return [self._part("", read_only=False)]
        parts = [self._part(self.folder, read_only=False)]
        if self.read_only:
            parts.append(self._part(f"{self.folder}/{self.read_only}", read_only=True))
        return parts

    @property
    def _is_volume(self) -> bool:
        return not self.mount.startswith("/")

    def _part(self, folder: str, *, read_only: bool) -> Mount:
        from docker.types import Mount

        target = f"{DATA}/{folder}".rstrip("/")
        if self._is_volume:
            mount = Mount(target, self.mount, "volume", read_only)
            if folder:  # not by Mount's own argument: docker 7.1 has none
                mount["VolumeOptions"] = {"Subpath": folder}
            return mount
        return Mount(target, f"{self.mount}/{folder}".rstrip("/"), "bind", read_only)


def _version(api: str) -> tuple[int, ...]:
    return tuple(map(int, api.split(".")))

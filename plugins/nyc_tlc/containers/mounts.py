"""What a script's container sees of the folder that it shares with Airflow: no more than it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docker.types import Mount

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

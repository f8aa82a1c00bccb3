"""What a script's pod is, as a Kubernetes manifest: the same limits as those of its container in Docker.

Two limits are not in a pod's manifest. The network: a NetworkPolicy selects the pod by its label
(include/helm/scripts.yaml). The number of processes: the kubelet's ``podPidsLimit``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nyc_tlc.core.containers.sandbox import DATA, TMP_SIZE, SharedFolder, container_user
from nyc_tlc.core.errors import SettingsError

CONTAINER = "script"
# The label that the NetworkPolicy selects: a pod with "none" has no network.
NETWORK_LABEL = "nyc-tlc/network"
# The label of one task of one run, the same for each try.
TASK_LABEL = "nyc-tlc/task"
TRY_LABEL = "nyc-tlc/try"

STOP_SECONDS = 5
UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
SIZE = re.compile(r"(\d+)([bkmg]?)", re.IGNORECASE)
CLAIM = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


@dataclass(frozen=True)
class Pod:
    """A script's pod. ``task`` are the names of its run and task; it runs for ``seconds`` at most.

    The mount of ``shared`` is the name of a PersistentVolumeClaim.
    """

    image: str
    command: Sequence[str]
    shared: SharedFolder
    memory: str
    cpus: float
    network: str
    task: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)
    seconds: int | None = None

    @property
    def task_label(self) -> str:
        """A hash: a label has at most 63 characters and no blanks, so a run's name does not fit."""
        return hashlib.sha256("\n".join(self.task.values()).encode()).hexdigest()[:40]

    def manifest(self) -> dict[str, Any]:
        """Raises SettingsError where the shared folder is not a claim, or memory is not a size."""
        user, group = map(int, container_user().split(":"))
        tmp = {"medium": "Memory", "sizeLimit": in_bytes(TMP_SIZE)}
        spec = {
            "automountServiceAccountToken": False,
            "containers": [self._container()],
            "enableServiceLinks": False,
            "restartPolicy": "Never",
            "securityContext": {
                "runAsGroup": group,
                "runAsNonRoot": True,
                "runAsUser": user,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "terminationGracePeriodSeconds": STOP_SECONDS,
            "volumes": [{"name": "tmp", "emptyDir": tmp}, *self._volumes()],
        }
        if self.seconds is not None:
            spec["activeDeadlineSeconds"] = self.seconds
        labels = {TASK_LABEL: self.task_label, NETWORK_LABEL: self.network}
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"annotations": dict(self.task), "labels": labels},
            "spec": spec,
        }

    def _container(self) -> dict[str, Any]:
        """Requests equal the limits: a node has what its scripts may use."""
        limits = {"cpu": f"{round(self.cpus * 1000)}m", "memory": in_bytes(self.memory)}
        return {
            "args": list(self.command),
            "env": [{"name": name, "value": value} for name, value in self.environment.items()],
            "image": self.image,
            "imagePullPolicy": "IfNotPresent",
            "name": CONTAINER,
            "resources": {"limits": limits, "requests": limits},
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                "privileged": False,
                "readOnlyRootFilesystem": True,
            },
            "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}, *self._mounts()],  # noqa: S108
        }

    def _volumes(self) -> list[dict[str, Any]]:
        if not self.shared.mount:
            return []
        if not CLAIM.fullmatch(self.shared.mount):
            raise SettingsError(
                f"The folder of reports is {self.shared.mount!r} to Kubernetes. Expected the name of a "
                "PersistentVolumeClaim that the workers mount too: set the Variable tlc_reports_mount "
                "to it (docs/containers.md, In Kubernetes)."
            )
        return [{"name": "data", "persistentVolumeClaim": {"claimName": self.shared.mount}}]

    def _mounts(self) -> list[dict[str, Any]]:
        """The script's part of the claim, and in it what it can only read."""
        shared = self.shared
        if not shared.mount:
            return []
        if not shared.folder:
            return [{"name": "data", "mountPath": DATA}]
        parts = [_part(shared.folder)]
        if shared.read_only:
            parts.append(_part(f"{shared.folder}/{shared.read_only}") | {"readOnly": True})
        return parts


def _part(folder: str) -> dict[str, Any]:
    return {"name": "data", "mountPath": f"{DATA}/{folder}", "subPath": folder}


def in_bytes(size: str) -> str:
    """Docker's ``512m`` as Kubernetes reads it: there, ``m`` means a thousandth."""
    found = SIZE.fullmatch(size)
    if not found:
        raise SettingsError(f"memory is {size!r}. Expected a size such as 512m or 2g.")
    return str(int(found[1]) * UNITS[found[2].lower()])

"""A script in a container of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowSkipException

from nyc_tlc.extras import needs_extra
from nyc_tlc.operators.base import TaxiOperator, run_key

if TYPE_CHECKING:
    from airflow.sdk import Context

    from nyc_tlc.operators.hardened_docker import HardenedDockerOperator


class ScriptContainerOperator(TaxiOperator):
    """Runs a script in a container of its own, through Airflow's DockerOperator, shut off from all
    but one folder.

    The container has no network, a read-only root (only ``/tmp`` can be written), no capabilities,
    a user that is not root, and bounded memory, CPU and processes. However the task ends, no
    container stays. Exit code 99 skips the task, 64 to 66 mean bad input and fail it at once.
    Returns the JSON object that the script prints last.

    :param image: an image that the engine has already; none is pulled.
    :param command: the script's arguments.
    :param mount: what is mounted at ``/data``: a folder as the *engine's* machine knows it, or the
        name of a volume; nothing, if empty.
    :param folder: the only folder of it that the container sees, such as ``green/2021-01``, at
        ``/data/green/2021-01``; all of it, if empty. It must be there, or ``reports`` is given.
    :param reports: the mounted folder as Airflow's workers see it. In it, ``folder`` is made where it
        is missing, for the container's user.
    :param read_only: a folder in that one, which the script can read but not write to.
    :param environment: the script's environment variables.
    :param memory: its limit, such as ``512m`` or ``2g``.
    :param cpus: how many processors it may use.
    :param network: name of a Docker network; ``none`` unless given.
    :param docker_url: where the engine listens; ``$DOCKER_HOST`` or the usual socket unless given.
    """

    template_fields: Sequence[str] = (
        "image", "command", "mount", "folder", "reports", "read_only", "environment", "memory", "cpus",
        "network", "docker_url",
    )  # fmt: skip

    def __init__(
        self,
        *,
        image: str,
        command: Sequence[str] = (),
        mount: str = "",
        folder: str = "",
        reports: str = "",
        read_only: str = "",
        environment: dict[str, str] | None = None,
        memory: str = "1g",
        cpus: float | str = 1.0,
        network: str = "none",
        docker_url: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.image = image
        self.command = command
        self.mount = mount
        self.folder = folder
        self.reports = reports
        self.read_only = read_only
        self.environment = environment
        self.memory = memory
        self.cpus = cpus
        self.network = network
        self.docker_url = docker_url
        self._container: HardenedDockerOperator | None = None

    def run_step(self, context: Context) -> dict[str, Any]:
        with needs_extra("docker"):
            from airflow.providers.docker.exceptions import (
                DockerContainerFailedException,
                DockerContainerFailedSkipException,
            )

        from nyc_tlc.core.containers.outcome import failure, result
        from nyc_tlc.core.containers.sandbox import make_folder

        if self.reports:
            make_folder(Path(self.reports), self.folder)
        self._container = self._make_container(context)
        try:
            return result(self.image, self._container.run(context))
        except DockerContainerFailedSkipException as skipped:
            lines = skipped.logs or ["nothing to do"]
            raise AirflowSkipException(f"skipped by {self.image}: {lines[-1]}") from skipped
        except DockerContainerFailedException as failed:
            assert self._container.ended is not None
            lines = [str(line) for line in failed.logs or []]
            raise failure(self.image, self._container.ended, lines, self.memory) from failed

    def on_kill(self) -> None:
        """Stop and remove the container, where the task is stopped from outside."""
        if self._container is not None:
            self._container.on_kill()

    def _make_container(self, context: Context) -> HardenedDockerOperator:
        from nyc_tlc.core.containers.outcome import SKIP
        from nyc_tlc.core.containers.sandbox import SharedFolder, container_user, host_config
        from nyc_tlc.operators.hardened_docker import HardenedDockerOperator

        return HardenedDockerOperator(
            task_id=self.task_id,
            image=self.image,
            command=list(map(str, self.command)),
            environment=self.environment,
            shared=SharedFolder(self.mount, self.folder, self.read_only),
            mem_limit=self.memory,
            network_mode=self.network,
            docker_url=self.docker_url,
            user=container_user(),
            skip_on_exit_code=SKIP,
            labels=self._labels(context),
            limits=host_config(self.memory, float(self.cpus)),
        )

    def _labels(self, context: Context) -> dict[str, str]:
        """Names the task instance on its container; the same for each try."""
        from nyc_tlc.core.containers.engine import RUN_LABEL

        index = context["ti"].map_index
        return {
            RUN_LABEL: run_key(context),
            "nyc-tlc.task": self.task_id if index < 0 else f"{self.task_id} {index}",
        }

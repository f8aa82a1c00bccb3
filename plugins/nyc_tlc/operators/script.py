"""A script in a container of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowSkipException

from nyc_tlc.core.errors import SettingsError
from nyc_tlc.extras import needs_extra
from nyc_tlc.operators.base import TaxiOperator, run_key

if TYPE_CHECKING:
    from airflow.sdk import Context

    from nyc_tlc.core.containers.sandbox import SharedFolder
    from nyc_tlc.operators.hardened_docker import HardenedDockerOperator
    from nyc_tlc.operators.hardened_pod import HardenedPodOperator

DOCKER, KUBERNETES = "docker", "kubernetes"


class ScriptContainerOperator(TaxiOperator):
    """Runs a script in a container of its own, shut off from all but one folder: through Airflow's
    DockerOperator or, where ``run_in`` is ``kubernetes``, in a pod by its KubernetesPodOperator.

    The container has no network, a read-only root (only ``/tmp`` can be written), no capabilities,
    a user that is not root, and bounded memory, CPU and processes. However the task ends, no
    container stays. Exit code 99 skips the task, 64 to 66 mean bad input and fail it at once.
    Returns the JSON object that the script prints last.

    :param image: an image that the engine has already; Docker pulls none.
    :param command: the script's arguments.
    :param mount: what is mounted at ``/data``: a folder as the *engine's* machine knows it, or the
        name of a volume, in Kubernetes of a claim; nothing, if empty.
    :param folder: the only folder of it that the container sees, such as ``green/2021-01``, at
        ``/data/green/2021-01``; all of it, if empty. It must be there, or ``reports`` is given.
    :param reports: the mounted folder as Airflow's workers see it. In it, ``folder`` is made where it
        is missing, for the container's user.
    :param read_only: a folder in that one, which the script can read but not write to.
    :param environment: the script's environment variables.
    :param memory: its limit, such as ``512m`` or ``2g``.
    :param cpus: how many processors it may use.
    :param network: name of a Docker network; ``none`` unless given. In Kubernetes, the value of the
        pod's label ``nyc-tlc/network``, which network policies select.
    :param docker_url: where the engine listens; ``$DOCKER_HOST`` or the usual socket unless given.
    :param run_in: ``docker`` or ``kubernetes``.
    :param registry: in Kubernetes, where the image is pulled from, such as
        ``registry.example.com/nyc-tlc``; Docker pulls none.
    """

    template_fields: Sequence[str] = (
        "image", "command", "mount", "folder", "reports", "read_only", "environment", "memory", "cpus",
        "network", "docker_url", "run_in", "registry",
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
        run_in: str = DOCKER,
        registry: str = "",
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
        self.run_in = run_in
        self.registry = registry
        self._container: HardenedDockerOperator | HardenedPodOperator | None = None

    def run_step(self, context: Context) -> dict[str, Any]:
        from nyc_tlc.core.containers.outcome import SKIP, failure, result, skipped
        from nyc_tlc.core.containers.sandbox import make_folder

        self._container = self._make_container(context)
        if self.reports:
            make_folder(Path(self.reports), self.folder)
        lines, ended = self._container.run(context), self._container.ended
        assert ended is not None
        if ended.exit_code == SKIP:
            raise AirflowSkipException(skipped(self.image, lines))
        if ended.exit_code != 0:
            raise failure(self.image, ended, lines, self.memory)
        return result(self.image, lines)

    def on_kill(self) -> None:
        """Stop and remove the container, where the task is stopped from outside."""
        if self._container is not None:
            self._container.on_kill()

    def _make_container(self, context: Context) -> HardenedDockerOperator | HardenedPodOperator:
        if self.run_in == DOCKER:
            return self._in_docker(context)
        if self.run_in == KUBERNETES:
            return self._in_kubernetes(context)
        raise SettingsError(
            f"Scripts are to run in {self.run_in!r}. Expected {DOCKER} or {KUBERNETES}: set the Variable "
            "tlc_scripts_run_in to one of them."
        )

    def _in_docker(self, context: Context) -> HardenedDockerOperator:
        from nyc_tlc.core.containers.sandbox import container_user, host_config

        with needs_extra("docker"):
            from nyc_tlc.operators.hardened_docker import HardenedDockerOperator

        return HardenedDockerOperator(
            task_id=self.task_id,
            image=self.image,
            command=list(map(str, self.command)),
            environment=self.environment,
            shared=self._shared,
            mem_limit=self.memory,
            network_mode=self.network,
            docker_url=self.docker_url,
            user=container_user(),
            labels=self._labels(context),
            limits=host_config(self.memory, float(self.cpus)),
        )

    def _in_kubernetes(self, context: Context) -> HardenedPodOperator:
        from nyc_tlc.core.containers.pod import Pod

        with needs_extra("kubernetes"):
            from nyc_tlc.operators.hardened_pod import HardenedPodOperator

        timeout = self.execution_timeout
        pod = Pod(
            image=f"{self.registry.rstrip('/')}/{self.image}".lstrip("/"),
            command=list(map(str, self.command)),
            environment=self.environment or {},
            shared=self._shared,
            memory=self.memory,
            cpus=float(self.cpus),
            network=self.network,
            task=self._labels(context),
            seconds=int(timeout.total_seconds()) if timeout else None,
        )
        return HardenedPodOperator(task_id=self.task_id, pod=pod)

    @property
    def _shared(self) -> SharedFolder:
        from nyc_tlc.core.containers.sandbox import SharedFolder

        return SharedFolder(self.mount, self.folder, self.read_only)

    def _labels(self, context: Context) -> dict[str, str]:
        """Names the task instance on its container; the same for each try."""
        from nyc_tlc.core.containers.engine import RUN_LABEL

        index = context["ti"].map_index
        return {
            RUN_LABEL: run_key(context),
            "nyc-tlc.task": self.task_id if index < 0 else f"{self.task_id} {index}",
        }

"""Airflow's DockerOperator, with the limits it has no arguments for and ends that can be told apart.

A module of its own, imported when a task runs: the docker library takes as long to import as all
that a DAG file needs besides.
"""

from __future__ import annotations

import inspect
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from airflow.providers.docker.operators.docker import DockerOperator

from nyc_tlc.core.containers.engine import (
    named_engine_errors,
    remove_containers,
    require_engine,
    require_image,
)
from nyc_tlc.core.containers.outcome import ContainerExit

if TYPE_CHECKING:
    from airflow.sdk import Context
    from docker import APIClient

    from nyc_tlc.core.containers.sandbox import SharedFolder


class HardenedDockerOperator(DockerOperator):
    """Its containers are given ``limits`` (arguments of ``create_host_config``) and what they need of
    the ``shared`` folder, and none stays.

    ``ended`` is how the container ended, once it has.
    """

    def __init__(self, *, limits: dict[str, Any], shared: SharedFolder, **kwargs: Any) -> None:
        # "success" would leave the container running when the task's time is up.
        super().__init__(auto_remove="force", mount_tmp_dir=False, xcom_all=True, **kwargs)
        self.limits = limits
        self.shared = shared
        self.ended: ContainerExit | None = None

    @cached_property
    def cli(self) -> APIClient:
        client = super().cli
        client.create_host_config = partial(client.create_host_config, **self.limits)
        client.wait = partial(self._wait, client, client.wait)
        return client

    def run(self, context: Context) -> list[str]:
        """Run the container to its end; returns its lines of stdout and stderr.

        ``execute`` is called without its guard, which warns of an operator within an operator.
        """
        require_engine(self.docker_url)
        with named_engine_errors(self.docker_url):
            require_image(self.cli, self.image)
            self.mounts = self.shared.mounts(self.cli.api_version)
            if left := remove_containers(self.cli, self.labels):
                self.log.info("Removed %d containers that an earlier try left", left)
            return inspect.unwrap(DockerOperator.execute)(self, context) or []

    def _wait(self, client: APIClient, wait: Any, container: str) -> dict[str, Any]:
        waited = wait(container)
        killed = client.inspect_container(container)["State"]["OOMKilled"]
        self.ended = ContainerExit(waited["StatusCode"], out_of_memory=killed)
        return dict(waited)

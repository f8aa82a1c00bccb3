"""Airflow's DockerOperator, with the limits it has no arguments for, and with the way a container ended.

A module of its own, imported when a task runs: the docker library takes as long to import as all
that a DAG file needs besides.

All that depends on how DockerOperator uses docker-py is here. Tested on apache-airflow-providers-docker 4.6
with docker-py 7.2 (tests/unit/containers/test_hardened_docker.py):

- It makes a container by ``self.cli.create_container``, where the limits are added, and starts it by
  ``self.cli.start``, which refuses any other container. If it makes containers in another way one day, the
  task fails before anything runs without limits.
- It reads what a container prints by ``self.cli.attach``, where it is limited.
- It waits by ``self.cli.wait``, where the exit code and the engine's word on memory are read. If it does
  not, ``ended`` is missing, and the task fails with an error that says so.
- ``execute`` is wrapped by a guard of Airflow's that warns of an operator within an operator. If there is
  no guard, ``inspect.unwrap`` returns ``execute`` itself.
"""

from __future__ import annotations

import inspect
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from airflow.providers.docker.exceptions import DockerContainerFailedException
from airflow.providers.docker.operators.docker import DockerOperator

from nyc_tlc.core.containers.engine import (
    named_engine_errors,
    remove_containers,
    require_engine,
    require_image,
)
from nyc_tlc.core.containers.outcome import ContainerExit, OutputLimit
from nyc_tlc.core.errors import EngineRefusedError, ScriptFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        self.limited: str | None = None
        self.ended: ContainerExit | None = None

    @cached_property
    def cli(self) -> APIClient:
        client = super().cli
        client.create_container = partial(self._create, client, client.create_container)
        client.start = partial(self._start, client.start)
        client.attach = partial(self._attach, client.attach)
        client.wait = partial(self._wait, client, client.wait)
        return client

    def run(self, context: Context) -> list[str]:
        """Run the container to its end, whatever it is; returns its lines of stdout and stderr."""
        require_engine(self.docker_url)
        with named_engine_errors(self.docker_url):
            require_image(self.cli, self.image)
            self.mounts = self.shared.mounts(self.cli.api_version)
            if left := remove_containers(self.cli, self.labels):
                self.log.info("Removed %d containers that an earlier try left", left)
            lines = self._lines(context)
        if self.ended is None:
            raise EngineRefusedError(f"DockerOperator did not wait for the container. {REINSTALL}")
        return lines

    def _lines(self, context: Context) -> list[str]:
        try:
            return inspect.unwrap(DockerOperator.execute)(self, context) or []
        except DockerContainerFailedException as failed:
            return [str(line) for line in failed.logs or []]

    def _create(
        self, client: APIClient, create: Any, *args: Any, host_config: Any = None, **kwargs: Any
    ) -> dict[str, Any]:
        limits = client.create_host_config(network_mode=self.network_mode, **self.limits)
        created = create(*args, host_config={**(host_config or {}), **limits}, **kwargs)
        self.limited = created["Id"]
        return dict(created)

    def _start(self, start: Any, container: str, *args: Any, **kwargs: Any) -> None:
        """Nothing starts that was not created above."""
        if self.limited is None or container != self.limited:
            raise EngineRefusedError(
                "DockerOperator made a container in a way that is not known here, so its limits are "
                f"missing; it was not started. {REINSTALL}"
            )
        start(container, *args, **kwargs)

    def _attach(self, attach: Any, **kwargs: Any) -> Iterator[bytes]:
        """At once, since the container is started next; what is printed before is not read."""
        return self._limited(attach(**kwargs))

    def _limited(self, stream: Any) -> Iterator[bytes]:
        """What the container prints, up to a limit: DockerOperator keeps all of it in memory."""
        limit = OutputLimit(self.image)
        for chunk in stream:
            try:
                limit.add(len(chunk), chunk.count(b"\n"))
            except ScriptFailedError:
                stream.close()  # the engine cannot remove a container while it waits for us to read
                raise
            yield chunk

    def _wait(self, client: APIClient, wait: Any, container: str) -> dict[str, Any]:
        waited = wait(container)
        killed = client.inspect_container(container)["State"]["OOMKilled"]
        self.ended = ContainerExit(waited["StatusCode"], out_of_memory=killed)
        return dict(waited)


REINSTALL = (
    "This package is tested with apache-airflow-providers-docker 4.6: install the versions in "
    "requirements.txt."
)

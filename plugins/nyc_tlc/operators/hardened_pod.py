"""Airflow's KubernetesPodOperator, with one pod's manifest, its lines, and the way its container ended.

A module of its own, imported when a task runs: the kubernetes library takes long to import.

All that depends on how KubernetesPodOperator works is here. Tested on
apache-airflow-providers-cncf-kubernetes 10.17 and 10.25 (tests/unit/containers/test_hardened_pod.py):

- It takes the manifest from ``pod_template_dict``, and its own arguments change nothing in it.
- It calls ``cleanup`` with the pod's last state, where it would delete the pod. If it does not, ``ended`` is
  missing, and the task fails with an error that says so.
- It calls the callback's ``progress_callback`` with each line before it logs it, and an error there ends the
  task. If it does not, what a script prints has no limit.
- ``execute`` is wrapped by a guard of Airflow's that warns of an operator within an operator.
"""

from __future__ import annotations

import inspect
import uuid
from typing import TYPE_CHECKING, Any

from airflow.providers.cncf.kubernetes.callbacks import KubernetesPodOperatorCallback
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.common.compat.sdk import AirflowException

from nyc_tlc.core.containers.cluster import end_of, named_cluster_errors, not_ended
from nyc_tlc.core.containers.outcome import MOST_PRINTED, ContainerExit, OutputLimit
from nyc_tlc.core.containers.pod import CONTAINER, TASK_LABEL, TRY_LABEL, Pod

if TYPE_CHECKING:
    from airflow.sdk import Context
    from kubernetes.client import V1Pod

# The cluster may have to add a node, and to pull the image. The task's own time limit counts too.
START_SECONDS = 600
LINES_READ = 1000


class HardenedPodOperator(KubernetesPodOperator):
    """Runs a pod by its manifest; however the task ends, no pod stays.

    ``ended`` is how the pod's container ended, once it has.
    """

    def __init__(self, *, pod: Pod, **kwargs: Any) -> None:
        super().__init__(
            pod_template_dict=pod.manifest(),
            # It looks its pod up by these: never one of an earlier try, which may take seconds to end.
            labels={TRY_LABEL: uuid.uuid4().hex},
            base_container_name=CONTAINER,
            schedule_timeout_seconds=START_SECONDS,
            startup_timeout_seconds=START_SECONDS,
            startup_check_interval_seconds=2,
            deferrable=False,
            **kwargs,
        )
        self.callbacks = [_Limited(pod.image)]
        # One setting, by its older and its newer name: each try runs a pod of its own.
        self.reattach_on_restart = self.durable = False
        self.selector = f"{TASK_LABEL}={pod.task_label}"
        self.ended: ContainerExit | None = None
        self.lines: list[str] = []

    def run(self, context: Context) -> list[str]:
        """Run the pod to its end, whatever it is; returns its lines of stdout and stderr."""
        with named_cluster_errors():
            if left := self._remove_pods():
                self.log.info("Removed %d pods that an earlier try left", left)
            try:
                inspect.unwrap(KubernetesPodOperator.execute)(self, context)
            except AirflowException as error:
                raise not_ended(str(error), self.remote_pod) from error
            finally:
                self._remove_pods()
        if self.ended is None:
            raise not_ended("The end of the pod's container was not seen.", self.remote_pod)
        return self.lines

    def on_kill(self) -> None:
        """Remove the pod, where the task is stopped from outside."""
        self._killed = True
        self._remove_pods()

    def cleanup(self, pod: V1Pod, remote_pod: V1Pod, *args: Any, **kwargs: Any) -> None:
        """Keep how the container ended, and its last lines. ``run`` judges that, and removes the pod."""
        self.ended = end_of(remote_pod)
        if self.ended is not None:
            self.lines = self._last_lines(remote_pod)

    def _last_lines(self, pod: V1Pod) -> list[str]:
        """Read once more: where a log is followed, lines can be missing or be there twice."""
        answer = self.client.read_namespaced_pod_log(
            pod.metadata.name,
            pod.metadata.namespace,
            container=CONTAINER,
            tail_lines=LINES_READ,
            limit_bytes=MOST_PRINTED,
            _preload_content=False,
        )
        return str(answer.data.decode(errors="backslashreplace")).splitlines()

    def _remove_pods(self) -> int:
        """Remove the task's pods, of whatever try; returns how many there were."""
        namespace = self.hook.get_namespace() or self._incluster_namespace or "default"
        found = self.client.list_namespaced_pod(namespace, label_selector=self.selector).items
        for pod in found:
            self.pod_manager.delete_pod(pod)
        return len(found)


class _Limited(KubernetesPodOperatorCallback):
    """Sees each line of a pod's log before it is written to the task's log."""

    def __init__(self, image: str) -> None:
        self._limit = OutputLimit(image)

    def progress_callback(self, *, line: str, **_: Any) -> None:
        self._limit.add(len(line.encode()) + 1, line.count("\n") + 1)

"""The Kubernetes API: how a pod's container ended, and what the API's refusals mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nyc_tlc.core.containers.outcome import ContainerExit
from nyc_tlc.core.containers.pod import CONTAINER
from nyc_tlc.core.errors import (
    EngineRefusedError,
    EngineUnreachableError,
    ImageMissingError,
    PodFailedError,
    TlcError,
)

if TYPE_CHECKING:
    from kubernetes.client import V1Pod
    from kubernetes.client.exceptions import ApiException

GONE = 404
AGAIN = "The task is tried again; kubectl get events says more."


def end_of(pod: V1Pod | None) -> ContainerExit | None:
    """None where the container has not ended by itself: the pod was evicted, or its time was up."""
    if pod is None or pod.status is None or pod.status.reason:
        return None
    statuses = pod.status.container_statuses or []
    ended = next((status.state.terminated for status in statuses if status.name == CONTAINER), None)
    if ended is None:
        return None
    return ContainerExit(ended.exit_code, out_of_memory=ended.reason == "OOMKilled")


def not_ended(message: str, pod: V1Pod | None) -> TlcError:
    """The error of a pod whose container did not start, or not end by itself.

    :param message: what KubernetesPodOperator says.
    """
    if "Image cannot be pulled" in message:
        return ImageMissingError(
            f"{' '.join(message.split())}. Push the image to a registry that the cluster can pull "
            "from, and set the Variable tlc_scripts_registry to it (docs/containers.md, In Kubernetes)."
        )
    why = [pod.status.reason, pod.status.message] if pod and pod.status else []
    return PodFailedError(f"{' '.join(filter(None, [message.strip(), *why]))} {AGAIN}")


@contextmanager
def named_cluster_errors() -> Iterator[None]:
    """Around requests to the Kubernetes API: its errors become ours."""
    from kubernetes.client.exceptions import ApiException
    from kubernetes.config.config_exception import ConfigException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except ConfigException as error:
        raise EngineRefusedError(
            f"No Kubernetes cluster is configured: {error} Run Airflow's workers in the cluster, or "
            "define the connection kubernetes_default."
        ) from error
    except ApiException as error:
        raise _refusal(error) from error
    except HTTPError as error:
        raise EngineUnreachableError(
            f"The Kubernetes API does not answer: {error}. The task is tried again."
        ) from error


def _refusal(error: ApiException) -> TlcError:
    message = " ".join(str(error.body or error.reason).split())
    if error.status == GONE:
        return PodFailedError(f"The pod was removed by someone else: {message}. {AGAIN}")
    if error.status >= 500:
        return EngineUnreachableError(
            f"The Kubernetes API failed ({error.status}): {message}. The task is tried again."
        )
    return EngineRefusedError(
        f"Kubernetes refused the request ({error.status}): {message}. If rights are missing, bind the "
        "role pod-launcher of Airflow's chart to the workers' service account. If a policy refused the "
        "pod, its text says why."
    )

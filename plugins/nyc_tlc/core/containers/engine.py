"""The container engine: does it answer, does it have the image, and what do its refusals mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nyc_tlc.core.errors import (
    EngineRefusedError,
    EngineUnreachableError,
    ImageMissingError,
    TlcError,
)

if TYPE_CHECKING:
    from docker import APIClient

ANSWER_SECONDS = 10

# The label of a container that names its run: "dag_id run_id".
RUN_LABEL = "nyc-tlc.run"

# A text in the engine's refusal, and what to do. The first match counts.
ADVICE = (
    (
        "bind source path does not exist",
        (
            "The folder must exist on the machine of the engine. Where Airflow itself runs in a "
            "container, mount a volume by its name instead (Variable tlc_reports_mount)."
        ),
    ),
    (
        "the docker proxy refuses",
        (
            "The stack's Docker proxy allows only what script tasks need; see docs/containers.md, "
            "In the stack."
        ),
    ),
    ("forbidden", "A proxy in front of the engine refused the request."),
    ("executable file not found", "The image has no such program: check its ENTRYPOINT."),
    ("network", "Check the task's network: docker network ls."),
)


def require_engine(url: str) -> None:
    """Raises EngineUnreachableError where no engine answers, EngineRefusedError without permission."""
    import docker
    from requests.exceptions import RequestException

    try:
        client = docker.APIClient(base_url=url, version="auto", timeout=ANSWER_SECONDS)
        client.close()
    except (docker.errors.DockerException, RequestException, OSError) as error:
        raise _unreachable(url, error) from error


def require_image(client: APIClient, image: str) -> None:
    """Raises ImageMissingError."""
    if not client.images(name=image):
        raise ImageMissingError(
            f"The engine does not have the image {image}. Our images are built where the engine runs, "
            "never pulled: run make images there, then clear the task."
        )


def remove_containers(client: APIClient, labels: dict[str, str]) -> int:
    """Remove what earlier tries left when their worker was killed; returns how many there were."""
    wanted = [f"{name}={value}" for name, value in labels.items()]
    found = client.containers(all=True, filters={"label": wanted})
    for container in found:
        client.remove_container(container["Id"], force=True)
    return len(found)


@contextmanager
def named_engine_errors(url: str) -> Iterator[None]:
    """Around requests to the engine: its errors become ours."""
    import docker
    from requests.exceptions import RequestException

    try:
        yield
    except docker.errors.APIError as error:
        message = " ".join(str(error.explanation or error).split())
        advice = next(
            (advice for text, advice in ADVICE if text in message.lower()),
            "See the engine's own log.",
        )
        raise EngineRefusedError(
            f"The engine at {url} refused the container: {message}. {advice}"
        ) from error
    except (docker.errors.DockerException, RequestException) as error:
        raise EngineUnreachableError(
            f"Lost the connection to the engine at {url}: {error}. The task is tried again."
        ) from error


def _unreachable(url: str, error: Exception) -> TlcError:
    message = " ".join(str(error).split())
    if "Permission denied" in message:
        return EngineRefusedError(
            f"Permission denied on the engine's socket {url}: {message}. Add the user that runs "
            "Airflow's workers to the group docker and log in again, or set DOCKER_HOST to a socket "
            "proxy."
        )
    return EngineUnreachableError(
        f"No container engine answers at {url}: {message}. Start Docker, or set DOCKER_HOST to where "
        "it listens (docker context inspect shows it). Inside a container that is the socket "
        "proxy's address, such as tcp://socket-proxy:2375."
    )

"""The container engine: is it there, has it the image, and what its refusals mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nyc_tlc.errors import EngineRefused, EngineUnreachable, ImageMissing, TlcError

if TYPE_CHECKING:
    from docker import APIClient

ANSWER_SECONDS = 10

# What the engine says when it refuses a container, and what to do. The first that fits counts.
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
    ("forbidden", "A proxy stands before the engine: it must allow containers and images, POST."),
    ("executable file not found", "The image has no such program: check its ENTRYPOINT."),
    ("network", "Check the task's network: docker network ls."),
)


def require_engine(url: str) -> None:
    """Raises EngineUnreachable where none answers, EngineRefused where we may not ask it."""
    from requests.exceptions import RequestException

    import docker

    try:
        client = docker.APIClient(base_url=url, version="auto", timeout=ANSWER_SECONDS)
        client.close()
    except (docker.errors.DockerException, RequestException, OSError) as error:
        raise _unreachable(url, error) from error


def require_image(client: APIClient, image: str) -> None:
    """Raises ImageMissing."""
    if not client.images(name=image):
        raise ImageMissing(
            f"The engine has no image {image}. Our images are built where the engine is, never "
            "pulled: run make images there, then clear the task."
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
    """Around what is asked of the engine: its refusals and its end become errors of ours."""
    from requests.exceptions import RequestException

    import docker

    try:
        yield
    except docker.errors.APIError as error:
        said = " ".join(str(error.explanation or error).split())
        advice = next(
            (advice for text, advice in ADVICE if text in said.lower()), "See the engine's own log."
        )
        raise EngineRefused(
            f"The engine at {url} refused the container: {said}. {advice}"
        ) from error
    except (docker.errors.DockerException, RequestException) as error:
        raise EngineUnreachable(
            f"The engine at {url} broke off: {error}. The task can be tried again."
        ) from error


def _unreachable(url: str, error: Exception) -> TlcError:
    said = " ".join(str(error).split())
    if "Permission denied" in said:
        return EngineRefused(
            f"Permission denied on the engine's socket {url}: {said}. Add the user that runs "
            "Airflow's workers to the group docker and log in anew, or set DOCKER_HOST to a socket "
            "proxy."
        )
    return EngineUnreachable(
        f"No container engine answers at {url}: {said}. Start Docker, or set DOCKER_HOST to where "
        "it listens (docker context inspect shows it). Inside a container that is the socket "
        "proxy's address, such as tcp://socket-proxy:2375."
    )

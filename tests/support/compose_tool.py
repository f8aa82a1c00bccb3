"""Docker Compose as a program: the wheel's, or the one that Docker has."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from pathlib import Path

from tests.support.missing import missing


def compose_command() -> list[str]:
    """Skips where there is none."""
    wheel = importlib.util.find_spec("compose")
    if wheel and wheel.origin:
        return [str(Path(wheel.origin).with_name("docker-compose"))]
    if shutil.which("docker") and not _fails("docker", "compose", "version"):
        return ["docker", "compose"]
    return missing("Docker Compose", "install Docker with its compose plugin")


def _fails(*command: str) -> bool:
    return subprocess.run(command, capture_output=True).returncode != 0

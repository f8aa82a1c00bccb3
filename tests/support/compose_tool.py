"""Docker Compose as a program: the wheel's, or the one that Docker has."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from pathlib import Path

import pytest


def compose_command() -> list[str]:
    """Skips where there is none."""
    wheel = importlib.util.find_spec("compose")
    if wheel and wheel.origin:
        return [str(Path(wheel.origin).with_name("docker-compose"))]
    if shutil.which("docker") and not _fails("docker", "compose", "version"):
        return ["docker", "compose"]
    pytest.skip("no Docker Compose here: its wheel is for Linux on x86-64, and docker has none")


def _fails(*command: str) -> bool:
    return subprocess.run(command, capture_output=True).returncode != 0

"""Docker Compose as a program: the wheel's, or the one that Docker has."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.support.missing import missing

ROOT = Path(__file__).parents[2]


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


def compose(*words: str, env_file: Path | str = ROOT / ".env.example") -> Any:
    """What Compose says of the stack's file."""
    own = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [
        *compose_command(),
        "--file",
        str(ROOT / "docker-compose.yaml"),
        "--env-file",
        str(env_file),
        *words,
    ]
    return subprocess.run(command, env=own, capture_output=True, text=True)


def dags_settings(tmp_path: Path, **settings: str) -> tuple[Any, Any]:
    """The DAG bundle and its connection, as Airflow gets them with these settings in .env."""
    env_file = tmp_path / ".env"
    lines = [f"{name}={value}" for name, value in settings.items()]
    env_file.write_text("\n".join([(ROOT / ".env.example").read_text(), *lines]))
    shown = compose("config", "--format", "json", env_file=env_file)
    assert shown.returncode == 0, shown.stderr
    environment = json.loads(shown.stdout)["services"]["dag-processor"]["environment"]
    [bundle] = json.loads(environment["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"])
    return bundle, json.loads(environment["AIRFLOW_CONN_DAGS_REPO"])

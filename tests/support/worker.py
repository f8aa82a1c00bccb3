"""A worker of an Airflow whose workers share no disk: a process of its own, with folders of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any


def run_on_a_worker(
    steps: list[Any],
    environment: Mapping[str, str],
    folder: Path,
    program: str = "run_steps.py",
    **outputs: Any,
) -> dict[str, Any]:
    """Run steps where all folders are empty before, and gone after. ``program`` is beside this file."""
    with TemporaryDirectory(dir=folder) as own:
        temporary = Path(own, "tmp")
        temporary.mkdir()
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name(program))],
            input=json.dumps({"steps": steps, "outputs": outputs}),
            env={
                **os.environ, **environment,
                "AIRFLOW_HOME": own, "TMPDIR": str(temporary), "NO_PROXY": "127.0.0.1",
            },
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert list(temporary.glob("nyc-tlc-*")) == []
    return dict(json.loads(done.stdout.splitlines()[-1]))

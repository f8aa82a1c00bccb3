"""Some faults in real loads: nothing lost, doubled, half-visible, hung, unnamed or left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]


def test_faults_leave_no_trace() -> None:
    """A process of its own, as ``make chaos`` has it: loads are forked from it."""
    path = os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))
    done = subprocess.run(
        [sys.executable, "-m", "chaos", "--faults", "100", "--seed", "2"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-8000:]}"

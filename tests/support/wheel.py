"""The package's wheel, built from what the Dockerfile copies."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILT_FROM = ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "dags", "plugins")
UV = Path(sys.executable).with_name("uv")


def build_wheel(source: Path) -> Path:
    """Copies what is needed to the folder ``source``, and builds there."""
    for name in BUILT_FROM:
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    [wheel] = (source / "dist").glob("*.whl")
    return wheel


def environment_of(folder: Path, *install: str) -> Path:
    """A new virtual environment with these packages; returns its Python."""
    _uv("venv", "--quiet", "--python", sys.executable, str(folder))
    python = folder / "bin" / "python"
    _uv("pip", "install", "--quiet", "--python", str(python), *install)
    return python


def _uv(*words: str) -> None:
    done = subprocess.run([UV, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

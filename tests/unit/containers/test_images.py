"""Names, folders and requirements of the images match."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nyc_tlc.core.containers.sandbox import IMAGE_USER, IMAGES

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
FOLDERS = ROOT / "include" / "containers"


def pins(path: Path) -> set[str]:
    return set(re.findall(r"^[\w.-]+==[\w.]+", path.read_text(), re.MULTILINE))


def test_every_folder_is_an_image() -> None:
    assert set(IMAGES) == {path.parent.name for path in FOLDERS.glob("*/Dockerfile")}


@pytest.mark.parametrize("name", IMAGES)
def test_each_image_has_its_own_name_and_a_version(name: str) -> None:
    assert IMAGES[name].startswith("nyc-tlc-")
    assert re.fullmatch(r"[a-z-]+:\d+", IMAGES[name])
    assert list(IMAGES.values()).count(IMAGES[name]) == 1


@pytest.mark.parametrize("name", IMAGES)
def test_images_have_the_versions_that_are_tested_here(name: str) -> None:
    requirements = FOLDERS / name / "requirements.txt"
    assert pins(requirements) - pins(ROOT / "requirements.txt") == set()
    assert requirements.read_text().count("--hash=sha256:") >= len(pins(requirements)) > 0


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_does_not_run_as_root_and_accepts_another_base(name: str) -> None:
    lines = (FOLDERS / name / "Dockerfile").read_text().splitlines()
    assert lines[0].startswith("ARG BASE=python:3.11.")
    assert lines[1] == "FROM ${BASE}"
    assert f"USER {IMAGE_USER}:{IMAGE_USER}" in lines


# A build waits until the other one has begun too.
DOCKER = """#!/bin/sh
touch "$PLACE/$$"
for try in $(seq 200); do
  [ "$(ls "$PLACE" | wc -l)" -lt 2 ] || { echo "built $3" >&2; exit "$ENDS"; }
  sleep 0.05
done
exit 1
"""


@pytest.mark.parametrize("ends", [0, 3])
def test_the_images_are_built_side_by_side(tmp_path: Path, ends: int) -> None:
    (place := tmp_path / "place").mkdir()
    docker = tmp_path / "docker"
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    built = subprocess.run(
        [sys.executable, FOLDERS / "build.py"], capture_output=True, text=True,
        env={
            **os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PLACE": str(place),
            "ENDS": str(ends), "PYTHONPATH": str(ROOT / "plugins"),
        },
    )  # fmt: skip
    for name in IMAGES:
        assert f"{name} | built {IMAGES[name]}\n" in built.stdout
    assert (built.returncode != 0) == (ends != 0)
    assert ("was not built (exit code 3" in built.stderr) == (ends != 0)

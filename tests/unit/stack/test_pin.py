"""Digests of the stack's images in .env."""

from __future__ import annotations

from pathlib import Path

import pin
import pytest
from env_file import EXAMPLE, parsed

pytestmark = pytest.mark.unit

DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGES = {
    "AIRFLOW_BASE_IMAGE",
    "POSTGRES_IMAGE",
    "PGADMIN_IMAGE",
    "REDIS_IMAGE",
    "PYTHON_BASE_IMAGE",
}


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / ".env"
    file.write_text(EXAMPLE.read_text())
    monkeypatch.setattr(pin, "ENV", file)
    return file


def docker(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "docker"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def test_every_image_of_others_gets_its_digest_and_nothing_else_changes(
    env: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker(tmp_path, monkeypatch, f"echo {DIGEST}")
    before = parsed(env.read_text())
    for _ in range(2):  # the second time over what the first wrote
        pin.main()
    after = parsed(env.read_text())
    assert {name for name in after if after[name] != before.get(name)} == IMAGES
    assert after["REDIS_IMAGE"] == f"redis:8.2.8-alpine@{DIGEST}"
    assert env.read_text().count(DIGEST) == len(IMAGES)


@pytest.mark.parametrize("script", ["echo no such image >&2; exit 1", "echo latest"])
def test_without_an_answer_the_file_stays(
    env: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    docker(tmp_path, monkeypatch, script)
    before = env.read_text()
    with pytest.raises(SystemExit, match="unchanged. Check the image's name and the network"):
        pin.main()
    assert env.read_text() == before

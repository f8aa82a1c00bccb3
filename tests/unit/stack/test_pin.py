"""Digests of base images, in git."""

from __future__ import annotations

import shutil
from pathlib import Path

import pin
import pytest
from env_file import ROOT

pytestmark = pytest.mark.unit

DIGEST = "sha256:" + "0123456789abcdef" * 4
# No public source tells its digest where this was written; the first `make pin` with a registry adds it.
WITHOUT_DIGEST = {"apache/airflow:3.3.2-python3.11"}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the files that name base images."""
    for file in pin.files(ROOT):
        copy = tmp_path / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    return tmp_path


def docker(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "docker"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def named(root: Path) -> list[str]:
    """Each base image, as often as a file names it."""
    return [found[0] for file in pin.files(root) for found in pin.IMAGE.finditer(file.read_text())]


def test_every_base_image_is_an_exact_release_with_a_digest() -> None:
    images = named(ROOT)
    assert len(images) == 9
    for image in images:
        name = image.removeprefix("_IMAGE:-").rpartition("=")[2]
        assert name.partition(":")[2][0].isdigit()
        assert name in WITHOUT_DIGEST or pin.DIGEST.fullmatch(name.partition("@")[2])


def test_an_image_has_one_digest_in_all_files() -> None:
    assert len({image.partition("@")[2] for image in named(ROOT) if "python:3" in image}) == 1


def test_every_base_image_gets_its_digest_and_nothing_else_changes(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker(tmp_path, monkeypatch, f"echo {DIGEST}")
    before = [file.read_text() for file in pin.files(checkout)]
    for _ in range(2):  # the second time over what the first wrote
        pin.main(checkout)
    after = [file.read_text() for file in pin.files(checkout)]
    assert all(image.endswith(f"@{DIGEST}") for image in named(checkout))
    assert [pin.IMAGE.sub("", text) for text in after] == [
        pin.IMAGE.sub("", text) for text in before
    ]
    assert sum(text.count(DIGEST) for text in after) == 9


@pytest.mark.parametrize("script", ["echo no such image >&2; exit 1", "echo latest"])
def test_without_an_answer_no_file_changes(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    docker(tmp_path, monkeypatch, script)
    before = [file.read_text() for file in pin.files(checkout)]
    with pytest.raises(
        SystemExit, match=r"No file was changed. Check the image's name and the network"
    ):
        pin.main(checkout)
    assert [file.read_text() for file in pin.files(checkout)] == before

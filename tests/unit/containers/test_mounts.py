"""Which part of the shared folder is mounted, depending on the engine's features."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from nyc_tlc.core.containers.sandbox import IMAGE_USER, SharedFolder, make_folder
from nyc_tlc.core.errors import UnsafeFileError

pytestmark = pytest.mark.unit

OLD, NEW = "1.41", "1.45"


def mounted(engine_api: str, *shared: str) -> list[tuple[Any, ...]]:
    """Kind, source, part of a volume, target, and whether it can only be read."""
    return [
        (m["Type"], m["Source"], m.get("VolumeOptions", {}).get("Subpath"), m["Target"], m["ReadOnly"])
        for m in SharedFolder(*shared).mounts(engine_api)
    ]  # fmt: skip


@pytest.mark.parametrize("engine_api", [OLD, NEW])
def test_the_container_gets_its_part_of_a_folder(engine_api: str) -> None:
    assert mounted(engine_api, "/srv/reports", "green/2021-01", "input") == [
        ("bind", "/srv/reports/green/2021-01", None, "/data/green/2021-01", False),
        ("bind", "/srv/reports/green/2021-01/input", None, "/data/green/2021-01/input", True),
    ]
    assert mounted(engine_api, "/srv/reports", "products") == [
        ("bind", "/srv/reports/products", None, "/data/products", False)
    ]


def test_the_container_gets_its_part_of_a_volume_if_the_engine_can_mount_it() -> None:
    assert mounted(NEW, "a_reports", "green/2021-01", "input") == [
        ("volume", "a_reports", "green/2021-01", "/data/green/2021-01", False),
        ("volume", "a_reports", "green/2021-01/input", "/data/green/2021-01/input", True),
    ]
    assert mounted("1.51", "a_reports", "x")[0][2] == "x"


def test_an_older_engine_mounts_the_whole_volume_with_the_same_paths() -> None:
    assert mounted(OLD, "a_reports", "green/2021-01", "input") == [
        ("volume", "a_reports", None, "/data", False)
    ]


def test_without_a_part_all_is_mounted_and_without_a_mount_nothing() -> None:
    assert mounted(NEW, "/srv/reports") == [("bind", "/srv/reports", None, "/data", False)]
    assert mounted(NEW, "a_reports") == [("volume", "a_reports", None, "/data", False)]
    assert mounted(NEW, "") == []


@pytest.mark.parametrize(("user", "owner"), [(0, IMAGE_USER), (1000, os.getuid())])
def test_a_script_s_folder_is_made_for_the_container_s_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: int, owner: int
) -> None:
    """Twice: the folder is there at the next run. Only root can give it away."""
    root = os.geteuid() == 0
    monkeypatch.setattr(os, "getuid", lambda: user if root else os.geteuid())
    for _ in range(2):
        make_folder(tmp_path / "reports", "mine/scores")
    assert (tmp_path / "reports/mine/scores").is_dir()
    assert (tmp_path / "reports/mine/scores").stat().st_uid == (owner if root else os.geteuid())


def test_a_script_s_folder_is_below_that_of_all_reports(tmp_path: Path) -> None:
    with pytest.raises(UnsafeFileError):
        make_folder(tmp_path / "reports", "../outside")
    assert not (tmp_path / "outside").exists()

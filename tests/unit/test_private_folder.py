"""Which folders are safe to keep our files in, on a machine with other users."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from nyc_tlc.core.private_folder import make_private, why_unsafe

pytestmark = pytest.mark.unit

OTHER_USER = OTHER_GROUP = 12345

GiveAway = Callable[[Path], None]


@pytest.fixture
def give_away(monkeypatch: pytest.MonkeyPatch) -> GiveAway:
    """Make a path another user's: by chown as root, else by being another user ourselves."""

    def give(path: Path) -> None:
        if os.getuid() == 0:
            os.chown(path, OTHER_USER, -1, follow_symlinks=False)
        else:
            monkeypatch.setattr(os, "geteuid", lambda: OTHER_USER)

    return give


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "above" / "landing"
    made.mkdir(parents=True)
    return made


def test_a_folder_that_is_made_is_this_user_s_only(tmp_path: Path) -> None:
    folder = tmp_path / "airflow" / "nyc_tlc" / "landing"
    (tmp_path / "airflow").mkdir(mode=0o755)
    for _ in range(2):
        make_private(folder)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.parents[:2])] == [
        0o700, 0o700, 0o755,
    ]  # fmt: skip
    assert why_unsafe(folder) is None


@pytest.mark.parametrize("mode", [0o700, 0o755, 0o775, 0o2775, 0o500])
def test_a_folder_of_ours_is_safe_and_a_group_of_ours_may_write_to_it(
    folder: Path, mode: int
) -> None:
    folder.chmod(mode)
    assert why_unsafe(folder) is None


@pytest.mark.parametrize("mode", [0o777, 0o757, 0o1777])
def test_a_folder_that_everybody_can_write_to_is_not(folder: Path, mode: int) -> None:
    folder.chmod(mode)
    assert why_unsafe(folder) == f"others can write to {folder} (mode {mode:04o})"


def test_nor_is_one_in_a_folder_where_everybody_can_rename_it(folder: Path) -> None:
    folder.parent.chmod(0o777)
    assert why_unsafe(folder) == f"others can write to {folder.parent} (mode 0777)"
    folder.parent.chmod(0o1777)
    assert why_unsafe(folder) is None


@pytest.mark.parametrize("which", ["landing", "above"])
def test_a_folder_that_belongs_to_somebody_else_is_not_safe(
    folder: Path, give_away: GiveAway, which: str
) -> None:
    give_away(folder if which == "landing" else folder.parent)
    why = why_unsafe(folder)
    assert why is not None
    assert " belongs to user " in why


def test_unless_that_user_is_trusted(folder: Path, give_away: GiveAway) -> None:
    give_away(folder)
    assert why_unsafe(folder, [OTHER_USER, os.getuid()]) is None


def test_a_link_counts_as_what_it_leads_to(folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert why_unsafe(link) is None
    folder.parent.chmod(0o777)
    assert why_unsafe(link) == f"others can write to {folder.parent} (mode 0777)"


def test_a_link_that_somebody_else_has_made_is_not_safe(
    folder: Path, tmp_path: Path, give_away: GiveAway
) -> None:
    link = tmp_path / "link"
    link.symlink_to(folder)
    give_away(link)
    assert f"{link} belongs to user" in str(why_unsafe(link))


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to any group")
def test_a_group_that_this_process_is_not_in_may_not_write(folder: Path) -> None:
    os.chown(folder, 0, OTHER_GROUP)
    folder.chmod(0o755)
    assert why_unsafe(folder) is None
    folder.chmod(0o775)
    assert why_unsafe(folder) == f"others can write to {folder} (mode 0775)"


def test_a_volume_of_the_stack_is_safe(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``50000:0`` and 0775, for a process that runs as such (Dockerfile, docker-compose.yaml)."""
    for path in (folder, folder.parent):
        path.chmod(0o775)
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid)
    monkeypatch.setattr(os, "getegid", lambda: 0)
    assert why_unsafe(folder) is None

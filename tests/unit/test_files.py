"""Files where somebody else can write: no link is followed, and what is written is whole or not there."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nyc_tlc.core.errors import UnsafeFileError
from nyc_tlc.core.files import Folder, open_file, replaced

pytestmark = pytest.mark.unit

SECRET = "the passwords of Airflow"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file of ours, in a folder of its own beside the shared one."""
    file = tmp_path / "private" / "passwords.json"
    file.parent.mkdir()
    file.write_text(SECRET)
    return file


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Folder]:
    path = tmp_path / "shared"
    (path / "green" / "2021-01").mkdir(parents=True)
    with Folder.opened(path) as folder:
        yield folder


def fifo(path: Path, secret: Path) -> None:
    os.mkfifo(path)


def folder(path: Path, secret: Path) -> None:
    path.mkdir()


def link(path: Path, secret: Path) -> None:
    path.symlink_to(secret)


def dangling_link(path: Path, secret: Path) -> None:
    path.symlink_to(secret.with_name("not there"))


def hard_link(path: Path, secret: Path) -> None:
    path.hardlink_to(secret)


def open_handles() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


TRICKS = (fifo, folder, link, dangling_link, hard_link)


@pytest.mark.parametrize("trick", TRICKS)
def test_only_a_regular_file_is_read(
    shared: Folder, secret: Path, trick: Callable[[Path, Path], None]
) -> None:
    trick(shared.path / "days.csv", secret)
    assert not shared.has_file("days.csv")
    with pytest.raises(UnsafeFileError, match=r"days\.csv is a link, or not a regular file"):
        shared.read("days.csv", 100)


def test_a_file_is_read_up_to_a_limit(shared: Folder) -> None:
    (shared.path / "days.csv").write_bytes(b"12345")
    assert shared.has_file("days.csv")
    assert shared.read("days.csv", 5) == b"12345"
    with pytest.raises(UnsafeFileError, match="over 4 bytes"):
        shared.read("days.csv", 4)
    with (shared.path / "report.png").open("wb") as sparse:
        sparse.truncate(10_000_000_000)
    with pytest.raises(UnsafeFileError, match="over 1,000 bytes"):
        shared.read("report.png", 1_000)


def test_a_missing_file_is_just_missing(shared: Folder) -> None:
    assert not shared.has_file("days.csv")
    with pytest.raises(FileNotFoundError):
        shared.read("days.csv", 100)
    with pytest.raises(FileNotFoundError), shared.below("green", "2021-02"):
        pass
    shared.remove("days.csv")


@pytest.mark.parametrize("component", ["green", "2021-01"])
@pytest.mark.parametrize("make", [True, False])
def test_no_component_of_a_path_may_be_a_link(
    shared: Folder, secret: Path, component: str, make: bool
) -> None:
    [place] = shared.path.rglob(component)
    place.rename(secret.parent / component)
    place.symlink_to(secret.parent / component)
    with (
        pytest.raises(UnsafeFileError, match=f"{component} is a link, or not a folder"),
        shared.below("green", "2021-01", make=make),
    ):
        pass


@pytest.mark.parametrize("name", ["", ".", "..", "../passwords.json", "/etc/passwd", "a\0b"])
def test_a_name_is_one_component(shared: Folder, name: str) -> None:
    for use in (shared.has_file, shared.remove, lambda n: shared.read(n, 9)):
        with pytest.raises(UnsafeFileError, match="is not a file's name"):
            use(name)
    with pytest.raises(UnsafeFileError, match="is not a file's name"), shared.below(name):
        pass


def test_folders_are_made_on_the_way_and_their_handles_are_closed(shared: Folder) -> None:
    before = open_handles()
    for _ in range(3):
        with shared.below("yellow", "2021-01", "input", make=True) as folder:
            assert folder.path == shared.path / "yellow" / "2021-01" / "input"
            assert folder.path.is_dir()
        with pytest.raises(FileNotFoundError), shared.below("yellow", "1999-01"):
            pass
    assert open_handles() == before


def test_a_draft_takes_its_name_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "note.json"
    target.write_text("old")
    with replaced(target) as file:
        file.write(b"new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    with pytest.raises(OSError, match="no space"), replaced(target) as file:
        file.write(b"half")
        raise OSError("no space left")
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_a_draft_can_be_where_a_container_cannot_write(tmp_path: Path) -> None:
    drafts, target = tmp_path / "drafts", tmp_path / "shared" / "input.json"
    for made in (drafts, target.parent):
        made.mkdir()
    with replaced(target, drafts) as file:
        file.write(b"{}")
        assert not any(target.parent.iterdir())
        assert len(list(drafts.iterdir())) == 1
    assert (target.read_text(), list(drafts.iterdir())) == ("{}", [])


def test_what_is_written_never_goes_through_a_link(shared: Folder, secret: Path) -> None:
    for name in ("kept.csv", ".kept.csv.part", ".kept.csv.draft", "kept.draft"):
        (shared.path / name).symlink_to(secret)
    with shared.replaced("kept.csv") as file:
        file.write(b"of the worker")
    assert secret.read_text() == SECRET
    assert shared.read("kept.csv", 100) == b"of the worker"


@pytest.mark.parametrize("trick", TRICKS)
def test_a_file_to_append_to_is_a_regular_one(
    tmp_path: Path, secret: Path, trick: Callable[[Path, Path], None]
) -> None:
    trick(tmp_path / "x.part", secret)
    with pytest.raises(UnsafeFileError):
        open_file(str(tmp_path / "x.part"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    assert secret.read_text() == SECRET
    assert list(secret.parent.iterdir()) == [secret]


@pytest.mark.parametrize("trick", TRICKS)
def test_what_is_removed_is_the_entry_itself(
    shared: Folder, secret: Path, trick: Callable[[Path, Path], None]
) -> None:
    trick(shared.path / "input", secret)
    shared.remove("input")
    assert not os.path.lexists(shared.path / "input")
    assert secret.read_text() == SECRET


def test_folders_a_thousand_deep_are_removed_or_logged(
    shared: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    """Python removes them since 3.13; before, it meets its limit of recursion."""
    place = os.open(shared.path, os.O_RDONLY)
    for _ in range(1200):
        os.mkdir("d", dir_fd=place)
        above, place = place, os.open("d", os.O_RDONLY, dir_fd=place)
        os.close(above)
    os.close(place)
    try:
        shared.remove("d")
        assert "d was not removed" in caplog.text or not (shared.path / "d").exists()
    finally:
        subprocess.run(["rm", "-rf", str(shared.path / "d")], check=True)


def test_a_folder_is_removed_but_not_what_links_in_it_lead_to(shared: Folder, secret: Path) -> None:
    (shared.path / "input" / "deep").mkdir(parents=True)
    (shared.path / "input" / "deep" / "out").symlink_to(secret.parent)
    shared.remove("input")
    assert not (shared.path / "input").exists()
    assert secret.read_text() == SECRET


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away: run as root")
@pytest.mark.parametrize("trick", [fifo, link, hard_link])
def test_no_file_of_ours_is_given_away(
    shared: Folder, secret: Path, trick: Callable[[Path, Path], None]
) -> None:
    trick(shared.path / "trips.parquet", secret)
    with pytest.raises(UnsafeFileError):
        shared.give_to(10001, "trips.parquet")
    assert secret.stat().st_uid == 0
    (shared.path / "lookup.csv").touch()
    for name in ("", "lookup.csv", "green"):
        shared.give_to(10001, name)
        assert (shared.path / name).stat().st_uid == 10001

"""Two processes with one target, a killed process, and a folder or disk that cannot store the file."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bodies import Body, parquet_body

from dev.http_server import Answer, Site
from nyc_tlc.core.errors import DiskFullError, LandingError, UnsafeFileError
from nyc_tlc.core.landing.download import download
from tests.support.missing import NO_MOUNT

pytestmark = pytest.mark.integration

NAME = "green_tripdata_2021-01.parquet"
DOWNLOAD = """
import sys
from pathlib import Path
from nyc_tlc.core.landing.download import download
print(download(sys.argv[1], Path(sys.argv[2])).sha256)
"""


def start_download(url: str, target: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", DOWNLOAD, url, str(target)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def wait_until(is_so: Callable[[], bool]) -> None:
    for _ in range(600):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to be")


def fill(other: Path) -> None:
    """Half of the disk, when the download has begun and seen room enough."""
    time.sleep(0.5)
    other.write_bytes(b"x" * 700_000)


def part_of(target: Path) -> Path:
    return target.with_name(f"{target.name}.part")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    folder = tmp_path / "small disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=0755", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"{NO_MOUNT} ({done.stderr.strip()})")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_one_of_two_processes_fetches_and_both_have_the_file(
    site: Site, target: Path, parquet: Body
) -> None:
    url = site.publish(NAME, parquet.content)
    site.will_answer(Answer(seconds=2), Answer(seconds=2))
    both = [start_download(url, target) for _ in range(2)]
    message = [process.communicate(timeout=60)[0].strip() for process in both]
    assert message == [parquet.sha256] * 2
    assert len(site.gets()) == 1
    assert target.read_bytes() == parquet.content
    assert not part_of(target).exists()


def test_the_waiting_process_fetches_the_file_if_the_first_is_killed(
    site: Site, target: Path, parquet: Body
) -> None:
    url = site.publish(NAME, parquet.content)
    site.will_answer(Answer(seconds=6))
    first = start_download(url, target)
    wait_until(lambda: part_of(target).exists() and part_of(target).stat().st_size > 0)
    second = start_download(url, target)
    first.kill()
    first.communicate()
    assert second.communicate(timeout=60)[0].strip() == parquet.sha256


def test_a_killed_download_leaves_no_file_and_the_next_succeeds(
    site: Site, target: Path, parquet: Body
) -> None:
    url = site.publish(NAME, parquet.content)
    site.will_answer(Answer(seconds=6))
    process = start_download(url, target)
    wait_until(lambda: part_of(target).exists() and part_of(target).stat().st_size > 0)
    process.kill()
    process.communicate()
    assert not target.exists()
    assert download(url, target).sha256 == parquet.sha256
    assert {path.name for path in target.parent.iterdir()} == {NAME, f"{NAME}.json"}


def test_a_file_larger_than_the_disk_is_refused_before_it_is_fetched(
    site: Site, small_disk: Path, parquet: Body
) -> None:
    url = site.publish(NAME, parquet.content)
    site.will_answer(Answer(seconds=6))
    with pytest.raises(DiskFullError) as full:
        download(url, small_disk / NAME)
    assert f"{len(parquet.content):,} more bytes are needed" in str(full.value)
    assert f"1,048,576 are free in {small_disk}" in str(full.value)
    assert not any(small_disk.iterdir())


def test_a_disk_filled_by_a_file_of_unknown_length_is_reported_and_cleared(
    site: Site, small_disk: Path, parquet: Body
) -> None:
    url = site.publish(NAME, parquet.content)
    site.will_answer(Answer(chunked=True))
    with pytest.raises(DiskFullError, match=r"the source sent no length\) is needed, 0 are free"):
        download(url, small_disk / NAME)
    assert not any(small_disk.iterdir())


def test_a_disk_filled_by_another_process_is_reported_and_cleared(
    site: Site, small_disk: Path
) -> None:
    body = parquet_body(seed=3, rows=100_000)
    url = site.publish(NAME, body.content)
    other = small_disk / "other"
    site.will_answer(Answer(before_body=lambda: fill(other)))
    with pytest.raises(DiskFullError, match="more bytes are needed"):
        download(url, small_disk / NAME)
    assert list(small_disk.iterdir()) == [other]
    other.unlink()
    assert download(url, small_disk / NAME).sha256 == body.sha256


@pytest.mark.parametrize("lead", [Path.symlink_to, Path.hardlink_to])
def test_a_part_that_somebody_has_put_there_as_a_link_is_not_written_to(
    site: Site, target: Path, parquet: Body, tmp_path: Path, lead: Callable[[Path, Path], None]
) -> None:
    url = site.publish(NAME, parquet.content)
    other = tmp_path / "of another kind.pth"
    other.write_text("as it was")
    target.parent.mkdir()
    lead(part_of(target), other)
    with pytest.raises(UnsafeFileError, match="part is a link, or not a regular file"):
        download(url, target)
    assert other.read_text() == "as it was"
    assert not site.requests


def test_a_folder_that_cannot_be_made_is_a_landing_error(
    site: Site, tmp_path: Path, parquet: Body
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LandingError, match=r"Cannot create or write.*set landing to another"):
        download(site.publish(NAME, parquet.content), tmp_path / "file" / NAME)
    assert not site.requests


def test_a_folder_that_others_can_write_to_is_a_landing_error(
    site: Site, target: Path, parquet: Body
) -> None:
    url = site.publish(NAME, parquet.content)
    target.parent.mkdir()
    target.parent.chmod(0o777)
    with pytest.raises(LandingError, match=r"others can write to .*0777.*Change its owner or mode"):
        download(url, target)
    assert not site.requests
    target.parent.chmod(0o755)
    assert download(url, target).sha256 == parquet.sha256


def test_a_folder_that_cannot_be_written_is_a_landing_error(
    site: Site, small_disk: Path, parquet: Body
) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(LandingError, match="no right to write there"):
        download(site.publish(NAME, parquet.content), small_disk / NAME)

"""Reports in an object store: the same names, limits and checks as in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from nyc_tlc.core.catalog import Month, Taxi
from nyc_tlc.core.errors import ReportError, StoreError, UnsafeFileError
from nyc_tlc.core.reports import (
    FACTS,
    FILES,
    INPUT,
    PICTURE,
    PNG_SIGNATURE,
    TRIPS,
    ReportFolder,
    Reports,
)
from nyc_tlc.core.stored_files import StoredFolder
from nyc_tlc.hooks.object_store import reports_at
from tests.support.memory_store import memory_store

pytestmark = pytest.mark.unit

URI = "memory://bucket/reports"


@pytest.fixture
def store() -> Iterator[MemoryFileSystem]:
    with memory_store() as filesystem:
        yield filesystem


@pytest.fixture
def reports(store: MemoryFileSystem) -> StoredFolder:
    found = reports_at(URI)
    assert isinstance(found, StoredFolder)
    return found


def report(reports: Reports, month: str = "2021-01") -> ReportFolder:
    return ReportFolder(reports, Taxi.GREEN, Month.parse(month))


def drawn(folder: Path, month: str = "2021-01") -> ReportFolder:
    """A report in a folder of this machine, as a container leaves it."""
    made = report(folder, month)
    with made.input():
        pass
    (made.path / PICTURE).write_bytes(PNG_SIGNATURE)
    for name in ("days.csv", "zones.csv"):
        (made.path / name).write_text("a,b\n1,2\n")
    (made.path / FACTS).write_text('{"load": 17, "trips": 3}')
    return made


def test_a_report_that_is_published_is_the_one_that_was_drawn(
    store: MemoryFileSystem, reports: StoredFolder, tmp_path: Path
) -> None:
    assert list(ReportFolder.all_in(reports)) == []
    for month in ("2021-01", "2021-02"):
        drawn(tmp_path, month).publish(report(reports_at(URI), month))
    found = list(ReportFolder.all_in(reports_at(URI), read_facts=True))
    assert [str(each.month) for each in found] == ["2021-02", "2021-01"]
    assert [(each.is_complete, each.load_id, each.trips) for each in found] == [(True, 17, 3)] * 2
    assert found[0].content(PICTURE) == PNG_SIGNATURE
    assert found[0].table("days.csv").rows == [["1", "2"]]
    assert found[0].place == f"{URI}/green/2021-02"
    names = {path.rsplit("/", 1)[1] for path in store.find("/bucket/reports/green/2021-01")}
    assert names == {*FILES, FACTS}


def test_the_input_goes_by_the_store_to_the_worker_that_draws(
    reports: StoredFolder, tmp_path: Path
) -> None:
    stored, here = report(reports), report(tmp_path)
    with stored.input() as given, given.replaced(TRIPS) as file:
        file.write(b"PAR1")
    here.fetch_input(report(reports_at(URI)))
    assert (here.path / INPUT / TRIPS).read_bytes() == b"PAR1"
    here.remove()
    assert not here.path.exists()
    for _ in range(2):
        report(reports_at(URI)).forget_input()
    with report(reports_at(URI))._opened() as month:
        assert month.names() == []


def test_what_a_container_drew_wrongly_is_not_published(
    reports: StoredFolder, store: MemoryFileSystem, tmp_path: Path
) -> None:
    made = drawn(tmp_path)
    (made.path / PICTURE).write_bytes(b"<script>")
    with pytest.raises(ReportError, match="not a PNG"):
        made.publish(report(reports))
    secret = tmp_path / "secret"
    secret.write_text("a,b\n")
    (made.path / PICTURE).write_bytes(PNG_SIGNATURE)
    (made.path / FACTS).unlink()
    (made.path / FACTS).symlink_to(secret)
    with pytest.raises(UnsafeFileError, match="is a link"):
        made.publish(report(reports))
    assert not store.exists(f"/bucket/reports/green/2021-01/{FACTS}")


def test_an_object_that_is_too_large_or_of_another_form_is_refused(
    store: MemoryFileSystem, reports: StoredFolder, tmp_path: Path
) -> None:
    key = "/bucket/reports/green/2021-01"
    drawn(tmp_path).publish(report(reports))
    store.pipe_file(f"{key}/days.csv", b"x" * 500_001)
    store.pipe_file(f"{key}/zones.csv", b"")
    store.pipe_file(f"{key}/{FACTS}", b" " * 10_001)
    found = report(reports_at(URI))
    with pytest.raises(UnsafeFileError, match=f"{URI}/green/2021-01/days.csv has over 500,000"):
        found.content("days.csv")
    with pytest.raises(ReportError, match="not a CSV"):
        found.content("zones.csv")
    [listed] = ReportFolder.all_in(reports_at(URI), read_facts=True)
    assert listed.load_id is None


def test_an_object_that_grew_since_it_was_listed_is_read_up_to_the_limit(
    store: MemoryFileSystem, reports: StoredFolder
) -> None:
    store.pipe_file("/bucket/reports/x.csv", b"small")
    assert reports.has_file("x.csv")
    store.pipe_file("/bucket/reports/x.csv", b"x" * 1_000)
    with pytest.raises(UnsafeFileError, match="over 10 bytes"):
        reports.read("x.csv", 10)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b"])
def test_a_name_leads_nowhere_else(reports: StoredFolder, name: str) -> None:
    for use in (reports.has_file, reports.remove, lambda name: reports.read(name, 1)):
        with pytest.raises(UnsafeFileError, match="not a file's name"):
            use(name)
    with pytest.raises(UnsafeFileError), reports.below(name):
        pass


def test_all_reports_are_found_by_one_listing(
    reports: StoredFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for month in ("2021-01", "2021-02", "2021-03"):
        drawn(tmp_path, month).publish(report(reports_at(URI), month))
    asked: list[str] = []
    real = MemoryFileSystem.find

    def find(self: MemoryFileSystem, path: str, **options: Any) -> Any:
        asked.append(path)
        return real(self, path, **options)

    monkeypatch.setattr(MemoryFileSystem, "find", find)
    found = list(ReportFolder.all_in(reports))
    assert [each.trips for each in found if each.is_complete] == [3, 3, 3]
    assert asked == ["/bucket/reports"]


def test_a_failing_store_is_named_and_worth_another_try(
    reports: StoredFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(*_: Any, **__: Any) -> Any:
        raise PermissionError("Access Denied")

    monkeypatch.setattr(MemoryFileSystem, "find", find)
    with pytest.raises(StoreError, match=f"{URI} cannot be used: PermissionError") as failed:
        list(ReportFolder.all_in(reports))
    assert failed.value.retryable


@pytest.mark.parametrize("uri", ["file:///reports", "nowhere://bucket/reports"])
def test_a_place_that_is_none_is_refused(uri: str) -> None:
    with pytest.raises(ReportError, match=uri):
        reports_at(uri)

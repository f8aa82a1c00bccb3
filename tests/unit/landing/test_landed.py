"""The note of a landed file, and when the file is unchanged at the source."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from nyc_tlc.core.landing.landed import LandedFile, forget, is_unchanged, noted, write_note
from nyc_tlc.core.landing.remote import RemoteFile

pytestmark = pytest.mark.unit

DATE = "Fri, 13 May 2022 09:00:00 GMT"
LATER = "Sat, 14 May 2022 09:00:00 GMT"
REMOTE = RemoteFile("https://example.org/green.csv", '"1"', None, 10)
LANDED = LandedFile(
    uri="file:///landing/green/2021/green.csv",
    url=REMOTE.url,
    etag=REMOTE.etag,
    last_modified=None,
    bytes=10,
    sha256="00",
    rows=1,
)


def test_a_landed_file_is_named_by_the_end_of_its_uri() -> None:
    assert LANDED.name == "green.csv"


def test_a_note_reads_back_unchanged() -> None:
    assert LandedFile.from_note(LANDED.to_note()) == LANDED


def test_the_same_etag_and_length_at_the_same_url_is_unchanged() -> None:
    assert is_unchanged(LANDED, 10, REMOTE)
    assert is_unchanged(LANDED, 10, replace(REMOTE, bytes=None))


def test_without_etags_the_date_decides() -> None:
    landed, remote = (replace(file, etag=None, last_modified=DATE) for file in (LANDED, REMOTE))
    assert is_unchanged(landed, 10, remote)
    assert not is_unchanged(landed, 10, replace(remote, last_modified=LATER))
    assert not is_unchanged(landed, 10, replace(remote, etag='"2"'))


@pytest.mark.parametrize(
    ("landed", "size", "remote"),
    [
        (LANDED, 9, REMOTE),
        (LANDED, 10, replace(REMOTE, bytes=11)),
        (LANDED, 10, replace(REMOTE, bytes=0)),
        (LANDED, 10, replace(REMOTE, etag='"2"')),
        (LANDED, 10, replace(REMOTE, etag=None)),
        (LANDED, 10, replace(REMOTE, url="https://elsewhere.org/green.csv")),
        (replace(LANDED, etag=None), 10, replace(REMOTE, etag=None)),
        (replace(LANDED, bytes=11), 10, REMOTE),
    ],
    ids=[
        "cut",
        "longer",
        "empty",
        "other etag",
        "etag gone",
        "other source",
        "no etag",
        "other length",
    ],
)
def test_anything_else_is_changed(landed: LandedFile, size: int, remote: RemoteFile) -> None:
    assert not is_unchanged(landed, size, remote)


def test_a_note_needs_its_file_and_both_are_deleted_together(tmp_path: Path) -> None:
    target = tmp_path / "green.csv"
    write_note(target, LANDED)
    assert noted(target) is None
    target.write_bytes(b"0123456789")
    assert noted(target) == LANDED
    forget(target)
    assert not any(tmp_path.iterdir())
    forget(target)


def test_a_note_of_a_version_without_the_unpacked_size_is_still_good() -> None:
    note = {name: value for name, value in LANDED.to_xcom().items() if name != "unpacked_bytes"}
    read = LandedFile.from_note(json.dumps(note))
    assert read is not None
    assert read.unpacked_bytes is None

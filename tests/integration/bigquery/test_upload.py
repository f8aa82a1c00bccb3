"""Uploads to Cloud Storage over an unreliable connection: the object is complete or not visible."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from broken_line import Line, Trouble, broken_line

from nyc_tlc.core.bigquery import objects
from nyc_tlc.core.bigquery.objects import CHUNK_BYTES, crc32c, upload
from nyc_tlc.core.bigquery.place import Place
from nyc_tlc.core.catalog import Month, Taxi, TripFile
from nyc_tlc.core.errors import UploadError, WarehouseUnreachableError
from nyc_tlc.core.landing.landed import LandedFile

pytestmark = pytest.mark.integration

GREEN = TripFile(Taxi.GREEN, Month(2021, 1))
SIZES = {"one request": 1 << 20, "three chunks": 2 * CHUNK_BYTES + 12_345}


@pytest.fixture
def line(cloud: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    with broken_line(cloud.storage) as line:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", line.base)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield line


@pytest.fixture
def bucket(line: Line, storage: Any, place: Place) -> Any:
    storage.create_bucket(place.bucket)
    return storage.bucket(place.bucket)


@pytest.fixture(params=SIZES)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return some_file(tmp_path, SIZES[request.param])


@pytest.fixture
def large(tmp_path: Path) -> Path:
    return some_file(tmp_path, SIZES["three chunks"])


def some_file(folder: Path, size: int) -> Path:
    path = folder / GREEN.name
    path.write_bytes(random.Random(size).randbytes(size))
    return path


def send(bucket: Any, place: Place, path: Path) -> objects.RawObject:
    landed = LandedFile(path.as_uri(), "https://a.org/x", None, None, path.stat().st_size, "sha", 1)
    return upload(bucket, place, GREEN, landed, path)


def require_whole(bucket: Any, place: Place, path: Path) -> None:
    blob = bucket.get_blob(place.object_name(GREEN))
    assert blob.crc32c == crc32c(path)
    assert blob.download_as_bytes() == path.read_bytes()
    assert blob.metadata["sha256"] == "sha"


def test_an_interrupted_chunk_is_sent_again(
    line: Line, bucket: Any, place: Place, path: Path
) -> None:
    line.will(Trouble.CUT, Trouble.BUSY)
    assert send(bucket, place, path).uploaded
    require_whole(bucket, place, path)
    first, again, third, *others = line.sent
    assert first == again == third
    assert len(set(others)) == len(others) == (2 if path.stat().st_size > CHUNK_BYTES else 0)


def test_an_interruption_in_a_later_chunk_does_not_restart_the_upload(
    line: Line, bucket: Any, place: Place, large: Path
) -> None:
    line.will(None, Trouble.CUT)
    send(bucket, place, large)
    require_whole(bucket, place, large)
    assert [sent.split("-")[0] for sent in line.sent] == [
        "bytes 0", f"bytes {CHUNK_BYTES}", f"bytes {CHUNK_BYTES}", f"bytes {2 * CHUNK_BYTES}",
    ]  # fmt: skip


@pytest.mark.parametrize("trouble", [Trouble.CUT, Trouble.BUSY])
def test_a_lasting_interruption_is_reported_and_no_object_is_visible(
    line: Line, bucket: Any, place: Place, path: Path, trouble: Trouble,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(objects, "CHUNK_SECONDS", 1)
    line.always = trouble
    with pytest.raises(WarehouseUnreachableError, match="in the upload step") as raised:
        send(bucket, place, path)
    assert raised.value.retryable
    assert bucket.get_blob(place.object_name(GREEN)) is None
    line.always = None
    send(bucket, place, path)
    require_whole(bucket, place, path)


def require_sent_again(bucket: Any, place: Place, path: Path) -> None:
    """The first try fails in a way that Airflow tries again, and the second brings the file."""
    with pytest.raises(UploadError, match="was corrupted") as raised:
        send(bucket, place, path)
    assert raised.value.retryable
    assert bucket.get_blob(place.object_name(GREEN)) is None
    assert send(bucket, place, path).uploaded
    require_whole(bucket, place, path)


def test_bytes_that_change_during_the_upload_are_detected(
    line: Line, bucket: Any, place: Place, path: Path
) -> None:
    line.will(Trouble.CHANGED)
    require_sent_again(bucket, place, path)


def test_a_partly_stored_chunk_is_not_taken_for_the_whole_one(
    line: Line, bucket: Any, place: Place, large: Path
) -> None:
    line.will(Trouble.HALF_KEPT)
    require_sent_again(bucket, place, large)


def test_an_object_is_unchanged_if_its_replacement_fails(
    line: Line, bucket: Any, place: Place, path: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    send(bucket, place, path)
    (tmp_path / "republished").mkdir()
    republished = tmp_path / "republished" / path.name
    republished.write_bytes(path.read_bytes()[::-1])
    monkeypatch.setattr(objects, "CHUNK_SECONDS", 1)
    line.always = Trouble.CUT
    with pytest.raises(WarehouseUnreachableError):
        send(bucket, place, republished)
    require_whole(bucket, place, path)


def test_an_unchanged_object_is_not_uploaded_again(
    line: Line, bucket: Any, place: Place, path: Path
) -> None:
    send(bucket, place, path)
    line.sent.clear()
    assert not send(bucket, place, path).uploaded
    assert line.sent == []

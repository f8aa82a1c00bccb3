"""Landing below a URI: a folder, or a store, by the same calls."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from airflow.sdk.io import attach
from airflow.sdk.io.store import _STORE_CACHE
from fsspec.implementations.memory import MemoryFileSystem

from nyc_tlc.core.errors import AddressError, BadFileError, LandingError, NotPublishedError
from nyc_tlc.core.landing import remote
from nyc_tlc.core.landing.landed import LandedFile
from nyc_tlc.hooks.landing import Landing, local_copy
from tests.support.memory_store import memory_store

pytestmark = pytest.mark.unit

KEY = "green/2021/green_tripdata_2021-01.csv"
CSV = b"VendorID,fare_amount\n1,2.5\n2,3.5\n"


@pytest.fixture
def store() -> Iterator[MemoryFileSystem]:
    with memory_store() as filesystem:
        yield filesystem


@pytest.fixture(params=["file", "path", "memory"])
def landing(request: pytest.FixtureRequest, tmp_path: Path, store: MemoryFileSystem) -> str:
    folder = tmp_path / "où l'on atterrit"
    uris = {"file": folder.as_uri(), "path": str(folder), "memory": "memory://bucket/où l'on/"}
    return uris[request.param]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "source" / Path(KEY).name
    file.parent.mkdir()
    file.write_bytes(CSV)
    return file


def read(landed: LandedFile) -> bytes:
    with local_copy(landed) as path:
        assert path.name == Path(KEY).name
        return path.read_bytes()


def test_a_file_is_downloaded_to_landing_and_read_from_there(landing: str, source: Path) -> None:
    landed = Landing(landing).fetch(source.as_uri(), KEY)
    assert landed.uri.endswith(f"/{KEY}")
    assert "://" in landed.uri
    assert (landed.rows, landed.sha256) == (2, hashlib.sha256(CSV).hexdigest())
    assert read(landed) == CSV


def test_an_unchanged_file_is_not_fetched_again(
    landing: str, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landed = Landing(landing).fetch(source.as_uri(), KEY)
    monkeypatch.setattr("nyc_tlc.core.landing.transfer.Transfer.receive", None)
    assert Landing(landing).fetch(source.as_uri(), KEY) == landed


def test_a_changed_file_is_fetched_again(landing: str, source: Path) -> None:
    Landing(landing).fetch(source.as_uri(), KEY)
    source.write_bytes(CSV + b"3,4.5\n")
    landed = Landing(landing).fetch(source.as_uri(), KEY)
    assert landed.rows == 3
    assert read(landed) == source.read_bytes()


def test_a_purged_file_is_gone_and_downloaded_again(landing: str, source: Path) -> None:
    landed = Landing(landing).fetch(source.as_uri(), KEY)
    Landing(landing).purge(KEY)
    with pytest.raises(LandingError, match=r"is not there; 33 bytes were landed.*an object store"):
        read(landed)
    Landing(landing).purge(KEY)
    assert Landing(landing).fetch(source.as_uri(), KEY) == landed


def test_a_file_whose_length_has_changed_is_not_read(landing: str, source: Path) -> None:
    landed = Landing(landing).fetch(source.as_uri(), KEY)
    with pytest.raises(LandingError, match="has 33 bytes; 34 bytes were landed"):
        read(replace(landed, bytes=34))


def test_a_month_that_is_not_published_leaves_nothing(landing: str, source: Path) -> None:
    source.unlink()
    with pytest.raises(NotPublishedError):
        Landing(landing).fetch(source.as_uri(), KEY)
    landed = LandedFile(f"{landing.rstrip('/')}/{KEY}", source.as_uri(), None, None, 33, "", 2)
    with pytest.raises(LandingError, match="is not there"):
        read(replace(landed, uri=landed.uri if "://" in landed.uri else f"file://{landed.uri}"))


def test_a_broken_file_does_not_reach_the_store(store: MemoryFileSystem, source: Path) -> None:
    source.write_bytes(b"<html>")
    with pytest.raises(BadFileError):
        Landing("memory://bucket").fetch(source.as_uri(), KEY)
    assert not store.store


def test_an_object_whose_note_is_lost_or_cannot_be_read_is_fetched_again(
    store: MemoryFileSystem, source: Path
) -> None:
    landed = Landing("memory://bucket").fetch(source.as_uri(), KEY)
    store.pipe_file(f"/bucket/{KEY}.json", b"{")
    assert Landing("memory://bucket").fetch(source.as_uri(), KEY) == landed
    store.rm_file(f"/bucket/{KEY}.json")
    assert Landing("memory://bucket").fetch(source.as_uri(), KEY) == landed
    assert sorted(store.store) == [f"/bucket/{KEY}", f"/bucket/{KEY}.json"]


def test_a_local_copy_of_an_object_lasts_as_long_as_its_block(
    store: MemoryFileSystem, source: Path
) -> None:
    landed = Landing("memory://bucket").fetch(source.as_uri(), KEY)
    with local_copy(landed) as path:
        assert path.is_file()
    assert not path.exists()


def test_objects_are_only_accessed_through_their_connections_filesystem(source: Path) -> None:
    """ObjectStoragePath itself would ask the default one whether an object is there."""

    class OtherStore(MemoryFileSystem):
        store: dict[str, object] = {}
        pseudo_dirs = [""]
        cachable = False

    attach("memory", conn_id="my_conn", fs=OtherStore())
    landed = Landing("memory://my_conn@bucket").fetch(source.as_uri(), KEY)
    assert read(landed) == CSV
    assert sorted(OtherStore.store) == [f"/bucket/{KEY}", f"/bucket/{KEY}.json"]
    assert not MemoryFileSystem.store
    _STORE_CACHE.pop("memory-my_conn")


@pytest.mark.parametrize("uri", ["s3://bucket/landing", "nothing://bucket"])
def test_a_store_without_its_provider_says_what_to_install(source: Path, uri: str) -> None:
    with pytest.raises(
        LandingError, match=r"cannot be opened.*whose Airflow provider is installed"
    ):
        Landing(uri).fetch(source.as_uri(), KEY)


def test_a_local_landing_is_made_for_this_user_only(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "airflow" / "nyc_tlc" / "landing"
    Landing(folder.as_uri()).fetch(source.as_uri(), KEY)
    assert [path.stat().st_mode & 0o777 for path in (folder, folder.parent)] == [0o700, 0o700]


def test_a_local_landing_where_another_user_could_put_files_is_refused(
    tmp_path: Path, source: Path
) -> None:
    folder = tmp_path / "var" / "nyc_tlc"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    for landing in (folder, folder / "landing"):
        with pytest.raises(LandingError, match=r"others can write to .*or set landing to another"):
            Landing(str(landing)).fetch(source.as_uri(), KEY)
    assert not list(folder.rglob("*.csv*"))


def test_no_wait_is_needed_for_local_sources(
    landing: str, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "sleep", None)
    Landing(landing).fetch(source.as_uri(), KEY)
    Landing(landing).fetch(source.as_uri(), KEY)


def test_a_password_in_landing_s_address_is_refused_and_not_shown() -> None:
    with pytest.raises(AddressError, match="tlc_landing.*its Airflow connection") as refused:
        Landing("s3://key:a-secret@bucket/landing")
    assert "a-secret" not in str(refused.value)
    Landing("s3://my_connection@bucket/landing")

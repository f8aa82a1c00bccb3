"""Landing as a URI: a folder (``file://``), or an object store through Airflow's ObjectStoragePath."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nyc_tlc.errors import LandingError
from nyc_tlc.landing import LandedFile, download, probe
from nyc_tlc.landing.download import forget, is_unchanged
from nyc_tlc.landing.remote import local_path

if TYPE_CHECKING:
    from airflow.sdk import ObjectStoragePath


class Landing:
    """Where downloaded files are kept, below one URI."""

    def __init__(self, uri: str) -> None:
        self._uri = uri.rstrip("/")

    def fetch(self, url: str, key: str) -> LandedFile:
        """Bring a file to ``<landing>/<key>``, unless it is there already and unchanged."""
        if _is_local(self._uri):
            return download(url, local_path(self._uri) / key)
        return self._fetch_to_store(url, f"{self._uri}/{key}")

    def _fetch_to_store(self, url: str, uri: str) -> LandedFile:
        """By way of a local file, since an object has no half-written state to resume."""
        note, target = _store_path(f"{uri}.json"), _store_path(uri)
        if note.exists() and target.exists():
            landed = LandedFile.from_dict(json.loads(note.read_text()))
            if is_unchanged(landed, target.stat().st_size, probe(url)):
                return landed
        with tempfile.TemporaryDirectory() as folder:
            local = Path(folder) / target.name
            landed = replace(download(url, local), uri=uri)
            _copy(local, target)
        note.write_text(json.dumps(asdict(landed), indent=1))
        return landed


@contextmanager
def local_copy(landed: LandedFile) -> Iterator[Path]:
    """A path that the reader can open: the landed file itself, or a copy while the block lasts."""
    if _is_local(landed.uri):
        path = local_path(landed.uri)
        _require(path.is_file() and path.stat().st_size == landed.bytes, landed)
        yield path
        return
    source = _store_path(landed.uri)
    _require(source.exists() and source.stat().st_size == landed.bytes, landed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / landed.name
        with source.open("rb") as remote, path.open("wb") as local:
            shutil.copyfileobj(remote, local, 1 << 20)
        yield path


def purge(uri: str) -> None:
    """Remove a landed file and what is noted beside it."""
    if _is_local(uri):
        forget(local_path(uri))
        return
    for path in (_store_path(uri), _store_path(f"{uri}.json")):
        path.unlink(missing_ok=True)


def _copy(local: Path, target: ObjectStoragePath) -> None:
    with local.open("rb") as source, target.open("wb") as remote:
        shutil.copyfileobj(source, remote, 1 << 20)


def _require(there: bool, landed: LandedFile) -> None:
    if not there:
        raise LandingError(
            f"{landed.uri} is not there with the {landed.bytes:,} bytes that were landed. If "
            "workers run on several machines, landing must be a folder that all share, or an "
            "object store. Clear the download task to fetch it again."
        )


def _is_local(uri: str) -> bool:
    return uri.startswith("file://")


def _store_path(uri: str) -> ObjectStoragePath:
    from airflow.sdk import ObjectStoragePath

    return ObjectStoragePath(uri)

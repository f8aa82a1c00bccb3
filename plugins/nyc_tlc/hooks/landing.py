"""Landing as a URI: a folder (``file://``), or an object store through Airflow's ObjectStoragePath.

``gs://my_connection@bucket/folder`` names the connection to use; without it, the store's defaults.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from nyc_tlc.core.errors import LandingError
from nyc_tlc.core.landing.download import download
from nyc_tlc.core.landing.landed import LandedFile, forget, is_intact, is_unchanged
from nyc_tlc.core.landing.part import make_landing
from nyc_tlc.core.landing.remote import local_path, probe, refuse_password, with_retries
from nyc_tlc.core.stored_files import TEMPORARY
from nyc_tlc.hooks.object_store import open_store

log = logging.getLogger(__name__)


class Landing:
    """Where downloaded files are kept, below one URI."""

    def __init__(self, uri: str) -> None:
        self._uri = _as_uri(refuse_password(uri, "Landing (the Variable tlc_landing)"))

    def fetch(self, url: str, key: str) -> LandedFile:
        """Bring a file to ``<landing>/<key>``, unless it is there already and unchanged."""
        if _is_local(self._uri):
            folder = local_path(self._uri)
            make_landing(folder)
            return download(url, folder / key)
        return self._fetch_to_store(url, _StoredFile(f"{self._uri}/{key}"))

    def purge(self, key: str) -> None:
        """Remove a landed file and what is noted beside it."""
        if _is_local(self._uri):
            forget(local_path(self._uri) / key)
        else:
            _StoredFile(f"{self._uri}/{key}").remove()

    def _fetch_to_store(self, url: str, stored: _StoredFile) -> LandedFile:
        """By way of a local file, since an object has no half-written state to resume."""
        landed, size = stored.noted(), stored.size()
        if (
            landed
            and size is not None
            and is_unchanged(landed, size, with_retries(partial(probe, url)))
        ):
            log.info("%s is there already, unchanged (%s bytes)", landed.uri, landed.bytes)
            return landed
        with tempfile.TemporaryDirectory(prefix=TEMPORARY) as folder:
            local = Path(folder) / stored.name
            landed = replace(download(url, local), uri=stored.uri)
            stored.put(local, landed)
        return landed


@contextmanager
def local_copy(landed: LandedFile) -> Iterator[Path]:
    """A path that the reader can open: the landed file itself, or a copy while the block lasts."""
    if _is_local(landed.uri):
        path = local_path(landed.uri)
        _require_size(path.stat().st_size if path.is_file() else None, landed)
        with _unchanged_while_read(path, landed):
            yield path
        return
    stored = _StoredFile(landed.uri)
    _require_size(stored.size(), landed)
    with tempfile.TemporaryDirectory(prefix=TEMPORARY) as folder:
        path = Path(folder) / landed.name
        stored.get(path)
        with _unchanged_while_read(path, landed):
            yield path


@contextmanager
def _unchanged_while_read(path: Path, landed: LandedFile) -> Iterator[None]:
    """Compares the file's hash when all of it has been read: then nothing can replace it unnoticed.

    A file that was replaced may well be what an error comes from, so that is said first.
    """
    try:
        yield
    except Exception as error:
        if not is_intact(landed, path):
            raise _swapped(landed) from error
        raise
    if not is_intact(landed, path):
        raise _swapped(landed)


def _swapped(landed: LandedFile) -> LandingError:
    return LandingError(
        f"{landed.uri} is not the file that was downloaded: its sha256 or size differs. Expected "
        f"{landed.sha256}, {landed.bytes:,} bytes. Nothing was merged. Clear the download task to "
        "fetch it again, and find out who writes to the landing folder."
    )


def require_store(uri: str) -> None:
    """Raise LandingError where an object store cannot be opened, or does not let itself be read."""
    store, key = open_store(uri)
    try:
        store.exists(key)
    except Exception as error:
        raise LandingError(
            f"{uri} cannot be read: {type(error).__name__}: {error}. Check the store's connection, "
            "and its right to read and write there."
        ) from error


class _StoredFile:
    """An object and its note. All goes through one filesystem, made from the URI's connection."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._store, self._key = open_store(uri)
        self._note_key = f"{self._key}.json"

    @property
    def name(self) -> str:
        return self.uri.rsplit("/", 1)[-1]

    def size(self) -> int | None:
        """None where the object is not there."""
        return int(self._store.size(self._key)) if self._store.exists(self._key) else None

    def noted(self) -> LandedFile | None:
        if not self._store.exists(self._note_key):
            return None
        return LandedFile.from_note(self._store.cat_file(self._note_key).decode())

    def put(self, local: Path, landed: LandedFile) -> None:
        """The note goes last, so that it never lies."""
        self._store.put_file(str(local), self._key)
        self._store.pipe_file(self._note_key, landed.to_note().encode())

    def get(self, local: Path) -> None:
        self._store.get_file(self._key, str(local))

    def remove(self) -> None:
        for key in (self._note_key, self._key):
            if self._store.exists(key):
                self._store.rm_file(key)


def _require_size(size: int | None, landed: LandedFile) -> None:
    if size != landed.bytes:
        found = "is not there" if size is None else f"has {size:,} bytes"
        raise LandingError(
            f"{landed.uri} {found}; {landed.bytes:,} bytes were landed. If workers run on several "
            "machines, landing must be a folder that all share, or an object store. Clear the "
            "download task to fetch it again."
        )


def _as_uri(uri: str) -> str:
    return Path(uri).as_uri() if uri.startswith("/") else uri.rstrip("/")


def _is_local(uri: str) -> bool:
    return uri.startswith("file://")

"""Files in an object store, with the methods of ``core/files.py``'s Folder.

Who may write to the bucket may have put anything there. So only what the listing names is there, names are
single components, and a file is read up to a limit, whatever size the listing gave. A key leads nowhere else:
there are no links to follow.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from nyc_tlc.core.errors import StoreError, TlcError, UnsafeFileError
from nyc_tlc.core.files import component, too_large

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem  # type: ignore[import-untyped]

# Local copies of files whose place is an object store. ``airflow tlc doctor`` finds them by this name.
TEMPORARY = "nyc-tlc-"
# One answer of a store takes tens of milliseconds, so many small files are read at once.
READERS = 16
BLOCK_BYTES = 8 << 20


class StoredFolder:
    """All keys below ``key``, as they were when this object first asked the store; ``uri`` names it to
    people.
    """

    def __init__(
        self, store: AbstractFileSystem, key: str, uri: str, sizes: dict[str, int] | None = None
    ) -> None:
        self._store, self._key, self.uri = store, key, uri
        self._known = sizes
        self._contents: dict[str, bytes] = {}

    def __str__(self) -> str:
        return self.uri

    @contextmanager
    def below(self, *names: str, make: bool = False) -> Iterator[StoredFolder]:  # noqa: ARG002
        """A folder further down. ``make`` changes nothing: a store has keys, no folders."""
        path = "/".join(map(component, names))
        folder = StoredFolder(self._store, f"{self._key}/{path}", f"{self.uri}/{path}", self._known)
        folder._contents = self._contents
        yield folder

    def names(self) -> list[str]:
        start = len(self._key) + 1
        below = (key[start:] for key in self._sizes if key.startswith(f"{self._key}/"))
        return sorted({path.split("/", 1)[0] for path in below})

    def has_file(self, name: str) -> bool:
        return self._at(name) in self._sizes

    def read(self, name: str, at_most: int) -> bytes:
        """A file's content. Raises FileNotFoundError, or UnsafeFileError where it is too large."""
        key = self._at(name)
        if key not in self._contents:
            return self._read(key, at_most)
        return self._contents[key]

    def list_all(self) -> None:
        """Ask the store for all that is below, so that no folder below has to ask."""
        self._sizes  # noqa: B018

    def read_ahead(self, name: str, at_most: int) -> None:
        """Read all files of this name, at any depth, at once; ``read`` returns what they have now."""
        keys = [key for key in self._sizes if key.endswith(f"/{component(name)}")]

        def read(key: str) -> None:
            with suppress(FileNotFoundError, UnsafeFileError):
                self._contents[key] = self._read(key, at_most)

        with ThreadPoolExecutor(READERS) as readers:
            list(readers.map(read, keys))

    def copy(self, name: str, target: IO[bytes], at_most: int) -> None:
        """Copy a file that may not fit into memory."""
        key = self._at(name)
        self._require_size(key, self._size(key), at_most)
        with self._named(), self._store.open(key, "rb") as source:
            copied = 0
            while block := source.read(BLOCK_BYTES):
                copied += len(block)
                self._require_size(key, copied, at_most)
                target.write(block)

    @contextmanager
    def replaced(self, name: str) -> Iterator[IO[bytes]]:
        """A local draft that takes ``name`` when the block succeeds."""
        key = self._at(name)
        with tempfile.TemporaryDirectory(prefix=TEMPORARY) as folder:
            draft = Path(folder, "draft")
            with draft.open("wb") as file:
                yield file
            with self._named():
                self._store.put_file(str(draft), key)
        self._known = None

    def remove(self, name: str) -> None:
        """Remove a file, or all that is below this name."""
        place = self._at(name)
        keys = [key for key in self._sizes if key == place or key.startswith(f"{place}/")]
        for key in keys:
            with self._named():
                self._store.rm_file(key)
        self._known = None

    @property
    def _sizes(self) -> dict[str, int]:
        """By key; listed once, since each question to a store takes time."""
        if self._known is None:
            with self._named():
                self._store.invalidate_cache()
                found = self._store.find(self._key, detail=True).items()
            self._known = {key: int(info["size"]) for key, info in found if not key.endswith("/")}
        return self._known

    def _at(self, name: str) -> str:
        return f"{self._key}/{component(name)}"

    def _size(self, key: str) -> int:
        try:
            return self._sizes[key]
        except KeyError:
            raise FileNotFoundError(f"{self._shown(key)} is not there") from None

    def _read(self, key: str, at_most: int) -> bytes:
        """One byte more than the limit is asked for: the file may have been replaced since it was listed."""
        size = self._size(key)
        self._require_size(key, size, at_most)
        if not size:
            return b""  # a range of an empty object is an error
        with self._named():
            content = bytes(self._store.cat_file(key, start=0, end=at_most + 1))
        self._require_size(key, len(content), at_most)
        return content

    def _require_size(self, key: str, size: int, at_most: int) -> None:
        if size > at_most:
            raise too_large(self._shown(key), at_most)

    def _shown(self, key: str) -> str:
        return f"{self.uri}{key[len(self._key) :]}"

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Stores raise errors of their own libraries, and of the network's."""
        try:
            yield
        except (TlcError, FileNotFoundError):
            raise
        except Exception as error:
            raise StoreError(
                f"{self.uri} cannot be used: {type(error).__name__}: {error}. Check that the bucket is "
                "there, the store's connection, and its right to list, read and write there."
            ) from error

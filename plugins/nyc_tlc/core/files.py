"""Files in folders where a container, or another user, may have put something else.

A symbolic link there can lead to any file of ours, a FIFO blocks its reader, and a file can be of any size.
So everything below a ``Folder`` is opened relative to the handle of the folder above it, without following
links; only a regular file with one name counts, and it is read up to a limit. What we write is a draft
first, a new file that nothing else can be in place of, and takes its name when it is complete.
"""

from __future__ import annotations

import errno
import logging
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO

from nyc_tlc.core.errors import UnsafeFileError

# O_NONBLOCK: opening a FIFO returns at once. It changes nothing for a regular file.
NO_LINKS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
READ = os.O_RDONLY | NO_LINKS
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_LINKS
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | NO_LINKS
# What the system answers where O_NOFOLLOW or O_DIRECTORY meets a link or another kind of file.
WRONG_KIND = (errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.ENXIO)

log = logging.getLogger(__name__)


@contextmanager
def replaced(target: Path, drafts: Path | None = None) -> Iterator[IO[bytes]]:
    """A draft beside ``target``, or in ``drafts``, that becomes ``target`` if the block succeeds."""
    with (
        Folder.opened(target.parent) as folder,
        Folder.opened(drafts) if drafts else nullcontext() as elsewhere,
        folder.replaced(target.name, elsewhere) as file,
    ):
        yield file


class Folder:
    """An open folder. Names below it are data: each is one component, and no link is followed."""

    def __init__(self, handle: int, path: Path) -> None:
        self._handle, self.path = handle, path

    @classmethod
    @contextmanager
    def opened(cls, path: Path) -> Iterator[Folder]:
        """A folder named by a setting; links in its own path are the administrator's."""
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield cls(handle, path)
        finally:
            os.close(handle)

    @contextmanager
    def below(self, *names: str, make: bool = False) -> Iterator[Folder]:
        """A folder further down, made where it is missing if ``make``."""
        handle, path = os.dup(self._handle), self.path
        try:
            for name in names:
                path /= component(name)
                above, handle = handle, _child(handle, path, make)
                os.close(above)
            yield Folder(handle, path)
        finally:
            os.close(handle)

    def names(self) -> list[str]:
        return sorted(os.listdir(self._handle))  # noqa: PTH208

    def has_file(self, name: str) -> bool:
        """Whether there is a regular file of that name, with no other name."""
        try:
            found = os.stat(component(name), dir_fd=self._handle, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return _is_plain(found)

    def read(self, name: str, at_most: int) -> bytes:
        """A file's content. Raises UnsafeFileError where it is not a regular file or too large."""
        with self._opened(name) as handle, os.fdopen(os.dup(handle), "rb") as file:
            content = file.read(at_most + 1)
        if len(content) > at_most:
            raise too_large(str(self.path / name), at_most)
        return content

    @contextmanager
    def replaced(self, name: str, drafts: Folder | None = None) -> Iterator[IO[bytes]]:
        """A draft here, or in ``drafts`` (of the same file system), that takes ``name`` when the
        block succeeds.
        """
        source = (drafts or self)._handle
        draft = f".{component(name)}.{secrets.token_hex(8)}.draft"
        handle = os.open(draft, NEW, 0o666, dir_fd=source)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
            os.replace(draft, name, src_dir_fd=source, dst_dir_fd=self._handle)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(draft, dir_fd=source)
            raise

    def remove(self, name: str) -> None:
        """Remove a file, a link, or a folder with all that is in it. A failure is logged."""
        try:
            found = os.stat(component(name), dir_fd=self._handle, follow_symlinks=False)
            if stat.S_ISDIR(found.st_mode):
                shutil.rmtree(name, dir_fd=self._handle)
            else:
                os.unlink(name, dir_fd=self._handle)
        except FileNotFoundError:
            return
        except (OSError, RecursionError) as error:  # folders a thousand deep
            log.warning("%s was not removed: %s", self.path / name, error)

    def give_to(self, user: int, name: str = "") -> None:
        """Make a user the owner of this folder, or of a file or folder in it."""
        if not name:
            os.fchown(self._handle, user, user)
            return
        with self._opened(name, folders=True) as handle:
            os.fchown(handle, user, user)

    @contextmanager
    def _opened(self, name: str, *, folders: bool = False) -> Iterator[int]:
        path = self.path / component(name)
        try:
            handle = os.open(name, READ, dir_fd=self._handle)
        except OSError as error:
            raise _refusal(path, error) from error
        try:
            _require_plain(handle, path, folders=folders)
            yield handle
        finally:
            os.close(handle)


def open_file(path: str, flags: int) -> int:
    """An ``opener`` of ``open`` and ``io.FileIO``, for a regular file; raises UnsafeFileError."""
    try:
        handle = os.open(path, flags | NO_LINKS, 0o666)
    except OSError as error:
        raise _refusal(Path(path), error) from error
    try:
        _require_plain(handle, Path(path))
    except UnsafeFileError:
        os.close(handle)
        raise
    return handle


def _child(handle: int, path: Path, make: bool) -> int:
    try:
        if make:
            with suppress(FileExistsError):
                os.mkdir(path.name, dir_fd=handle)
        return os.open(path.name, DIRECTORY, dir_fd=handle)
    except OSError as error:
        raise _refusal(path, error, "folder") from error


def too_large(file: str, at_most: int) -> UnsafeFileError:
    return UnsafeFileError(
        f"{file} has over {at_most:,} bytes, too many for what it should be. Remove it, and run what "
        "writes it again."
    )


def component(name: str) -> str:
    """The name, if it is one; raises UnsafeFileError where it would lead elsewhere."""
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise UnsafeFileError(f"{name!r} is not a file's name. Expected one without a slash.")
    return name


def _require_plain(handle: int, path: Path, *, folders: bool = False) -> None:
    found = os.fstat(handle)
    if not (_is_plain(found) or (folders and stat.S_ISDIR(found.st_mode))):
        raise _unsafe(path, "regular file")


def _is_plain(found: os.stat_result) -> bool:
    """A hard link is another name of what may be a file of ours."""
    return stat.S_ISREG(found.st_mode) and found.st_nlink == 1


def _refusal(path: Path, error: OSError, expected: str = "regular file") -> Exception:
    return _unsafe(path, expected) if error.errno in WRONG_KIND else error


def _unsafe(path: Path, expected: str) -> UnsafeFileError:
    return UnsafeFileError(
        f"{path} is a link, or not a {expected}. Expected a {expected} with one name: it is not "
        "followed, for it may lead to another file. Remove it, and run what writes it again."
    )

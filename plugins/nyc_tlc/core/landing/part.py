"""``<target>.part``: the unverified file, held by one process at a time."""

from __future__ import annotations

import errno
import fcntl
import io
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from nyc_tlc.core.errors import DiskFullError, LandingError
from nyc_tlc.core.files import open_file
from nyc_tlc.core.private_folder import make_private, why_unsafe

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Part:
    """Grows beside its target, and takes the target's name when all of it is verified."""

    def __init__(self, file: io.FileIO, target: Path) -> None:
        self._file, self._target = file, target
        self._expected: int | None = None

    @property
    def path(self) -> Path:
        return part_path(self._target)

    @property
    def size(self) -> int:
        return os.fstat(self._file.fileno()).st_size

    def restart(self) -> None:
        self._file.truncate(0)

    def expect(self, total: int | None) -> None:
        """Raises DiskFullError where so many bytes in all, if they are known, have no room."""
        self._expected = total
        if total is not None and total - self.size > self._free():
            raise self._disk_full()

    def write(self, chunk: bytes) -> None:
        rest = memoryview(chunk)
        with self.named_disk_full():
            while rest:
                rest = rest[self._file.write(rest) :]

    def publish(self) -> None:
        """Make the file durable and give it its name."""
        with self.named_disk_full():
            os.fsync(self._file.fileno())
        self.path.rename(self._target)

    @contextmanager
    def named_disk_full(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            raise self._disk_full() from error

    def _disk_full(self) -> DiskFullError:
        needed = "an unknown number of bytes (the source sent no length) is"
        if self._expected is not None:
            needed = f"{self._expected - self.size:,} more bytes are"
        return DiskFullError(
            f"No room for {self._target.name}: {needed} needed, {self._free():,} are free in "
            f"{self._target.parent}. Free some, or set landing to a larger disk."
        )

    def _free(self) -> int:
        return shutil.disk_usage(self._target.parent).free


@contextmanager
def exclusive_part(target: Path) -> Iterator[Part]:
    """Open ``<target>.part`` alone; who comes second waits here until the first is done."""
    _make_folder(target.parent, partial(Path.mkdir, parents=True, exist_ok=True))
    path = part_path(target)
    while True:
        # Unbuffered: what a full disk refused must not be written again when the file is closed.
        with io.FileIO(path, "a", opener=open_file) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not _is_same_file(file, path):
                continue
            try:
                yield Part(file, target)
            finally:
                if _is_same_file(file, path):
                    path.unlink()
            return


def part_path(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def make_landing(folder: Path) -> None:
    """Landing's own folder: where it is missing, for this user only. Raises LandingError."""
    _make_folder(folder, make_private)


def _make_folder(folder: Path, make: Callable[[Path], None]) -> None:
    try:
        make(folder)
    except OSError as error:
        raise _no_folder(folder, error) from error
    if not os.access(folder, os.W_OK):
        raise _no_folder(folder, "no right to write there")
    if why := why_unsafe(folder):
        raise LandingError(
            f"{folder} is not safe: {why}, so another user could change what is loaded. Expected "
            f"a folder of user {os.getuid()} that nobody else can write to. Change its owner or "
            "mode (chown, chmod go-w), or set landing to another folder."
        )


def _no_folder(folder: Path, why: object) -> LandingError:
    return LandingError(
        f"Cannot create or write {folder}: {why}. Expected a folder that user {os.getuid()} may write "
        "to. Change its owner, or set landing to another folder."
    )


def _is_same_file(file: io.FileIO, path: Path) -> bool:
    return path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat())

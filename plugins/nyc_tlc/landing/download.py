"""Downloads one file: streamed beside its target, checked, and only then given its name."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import logging
import os
import random
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from nyc_tlc.errors import BadFile, DiskFull, SourceUnreachable
from nyc_tlc.landing.remote import Busy, RemoteFile, open_remote, probe
from nyc_tlc.landing.verify import count_rows
from nyc_tlc.progress import Progress, megabytes

log = logging.getLogger(__name__)

CHUNK_BYTES = 1 << 20
TRIES = 6
LONGEST_WAIT_SECONDS = 60.0


@dataclass(frozen=True)
class LandedFile:
    """A verified file in landing. ``rows`` are data rows as counted in the file itself."""

    uri: str
    url: str
    etag: str | None
    last_modified: str | None
    bytes: int
    sha256: str
    rows: int

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> LandedFile:
        return cls(**values)

    @property
    def name(self) -> str:
        return self.uri.rsplit("/", 1)[-1]


def download(url: str, target: Path, wait: float = 1.0) -> LandedFile:
    """Bring a file to ``target``, unless it is there already with the same ETag and length.

    A cut transfer goes on where it stopped; a busy source is asked again after ``wait`` seconds,
    doubled each time, or after what its Retry-After says. Two processes may ask for one target:
    one fetches, the other waits and takes it. Nothing unverified is ever under the target's name.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with _exclusive_part(target) as part:
        landed = already_landed(target, probe(url))
        if landed:
            log.info("%s is in landing already, unchanged (%s bytes)", target.name, landed.bytes)
            return landed
        remote, sha256 = _fetch(url, part, target, wait)
        rows = count_rows(_part_path(target), target.name, url)
        return _keep(part, target, remote, sha256, rows)


def already_landed(target: Path, remote: RemoteFile) -> LandedFile | None:
    """What was noted beside ``target``, if it is still what the source has."""
    note = _note_path(target)
    if not (note.is_file() and target.is_file()):
        return None
    landed = LandedFile.from_dict(json.loads(note.read_text()))
    return landed if is_unchanged(landed, target.stat().st_size, remote) else None


def is_unchanged(landed: LandedFile, size: int, remote: RemoteFile) -> bool:
    """Whether a landed file, now of ``size`` bytes, is what the source has, by ETag and length."""
    same_source = landed.url == remote.url and landed.etag == remote.etag is not None
    return same_source and landed.bytes == size and remote.bytes in (None, landed.bytes)


def forget(target: Path) -> None:
    """Remove a landed file and what is noted beside it."""
    for path in (target, _note_path(target)):
        path.unlink(missing_ok=True)


def _fetch(url: str, part: IO[bytes], target: Path, wait: float) -> tuple[RemoteFile, str]:
    """The whole body into ``part``, in as many tries as it takes; its description and sha256."""
    state = _Transfer(part, target)
    for attempt in range(1, TRIES + 1):
        try:
            state.receive(url)
            return state.finished(url)
        except SourceUnreachable as error:
            if attempt == TRIES:
                raise
            pause = _pause(error, wait * 2 ** (attempt - 1))
            log.warning("%s Try %d of %d in %.1f s.", error, attempt + 1, TRIES, pause)
            time.sleep(pause)
    raise AssertionError("unreachable")


def _pause(error: SourceUnreachable, backoff: float) -> float:
    if isinstance(error, Busy) and error.retry_after is not None:
        return min(error.retry_after, LONGEST_WAIT_SECONDS)
    return min(backoff * random.uniform(0.75, 1.25), LONGEST_WAIT_SECONDS)


class _Transfer:
    """What has arrived so far, kept from one try to the next."""

    def __init__(self, part: IO[bytes], target: Path) -> None:
        self._part, self._target = part, target
        self._remote: RemoteFile | None = None
        self._digest = hashlib.sha256()
        self._received = 0

    def receive(self, url: str) -> None:
        """Read to the end of the body, from where the last try stopped if the file is the same."""
        etag = self._remote.etag if self._remote else None
        with open_remote(url, self._received if etag else 0, etag) as opened:
            if opened.offset == 0:
                self._restart()
            self._remote = opened.remote
            self._require_room()
            self._copy(opened.body)
        if self._remote.bytes is not None and self._received < self._remote.bytes:
            raise SourceUnreachable(
                f"{url} ended after {self._received:,} of {self._remote.bytes:,} bytes."
            )

    def finished(self, url: str) -> tuple[RemoteFile, str]:
        assert self._remote is not None
        if self._received == 0:
            raise BadFile(f"{url} is empty (0 bytes). Expected a trip file.")
        return self._remote, self._digest.hexdigest()

    def _restart(self) -> None:
        self._part.seek(0)
        self._part.truncate()
        self._digest = hashlib.sha256()
        self._received = 0

    def _copy(self, body: IO[bytes]) -> None:
        assert self._remote is not None
        progress = Progress(log, f"downloading {self._target.name}", self._remote.bytes, megabytes)
        progress.done = self._received
        while chunk := body.read(CHUNK_BYTES):
            with self._named_disk_full():
                self._part.write(chunk)
            self._digest.update(chunk)
            self._received += len(chunk)
            progress.add(len(chunk))
        with self._named_disk_full():
            self._part.flush()
        progress.finish()

    def _require_room(self) -> None:
        needed = (self._remote.bytes or 0) - self._received if self._remote else 0
        if needed > shutil.disk_usage(self._target.parent).free:
            raise self._disk_full()

    @contextmanager
    def _named_disk_full(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise
            raise self._disk_full() from error

    def _disk_full(self) -> DiskFull:
        total = self._remote.bytes if self._remote else None
        needed = f"{total - self._received:,} more bytes" if total else "an unknown number of bytes"
        free = shutil.disk_usage(self._target.parent).free
        return DiskFull(
            f"No room for {self._target.name}: {needed} needed, {free:,} free in "
            f"{self._target.parent}. Free some, or set landing to a larger disk."
        )


def _keep(
    part: IO[bytes], target: Path, remote: RemoteFile, sha256: str, rows: int
) -> LandedFile:
    """Make the file durable and give it its name; the note comes last, so it never lies."""
    landed = LandedFile(
        uri=target.absolute().as_uri(),
        url=remote.url,
        etag=remote.etag,
        last_modified=remote.last_modified,
        bytes=part.seek(0, os.SEEK_END),
        sha256=sha256,
        rows=rows,
    )
    os.fsync(part.fileno())
    _note_path(target).unlink(missing_ok=True)
    _part_path(target).rename(target)
    draft = _note_path(target).with_suffix(".draft")
    draft.write_text(json.dumps(asdict(landed), indent=1))
    draft.rename(_note_path(target))
    log.info("%s: %s rows, sha256 %s", target.name, f"{rows:,}", sha256)
    return landed


@contextmanager
def _exclusive_part(target: Path) -> Iterator[IO[bytes]]:
    """Open ``<target>.part`` alone; who comes second waits here until the first is done."""
    while True:
        with _part_path(target).open("ab+") as part:
            fcntl.flock(part, fcntl.LOCK_EX)
            if not _is_same_file(part, _part_path(target)):
                continue
            try:
                yield part
            finally:
                if _is_same_file(part, _part_path(target)):
                    _part_path(target).unlink()
            return


def _is_same_file(part: IO[bytes], path: Path) -> bool:
    return path.exists() and os.path.samestat(os.fstat(part.fileno()), path.stat())


def _part_path(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def _note_path(target: Path) -> Path:
    return target.with_name(target.name + ".json")

"""One file's way from the source into its part, over as many connections as it takes."""

from __future__ import annotations

import hashlib
import logging
from typing import IO

from nyc_tlc.core.errors import BadFileError, SourceUnreachableError
from nyc_tlc.core.landing.part import Part
from nyc_tlc.core.landing.remote import RemoteFile, StaleRangeError, open_remote
from nyc_tlc.core.progress import Progress, megabytes

log = logging.getLogger(__name__)

CHUNK_BYTES = 1 << 20
# Ten times the largest trip file there is. A source that sends without end must not fill the disk.
MAX_BYTES = 25_000_000_000


class Transfer:
    """What has arrived so far, kept from one try to the next."""

    def __init__(self, url: str, part: Part) -> None:
        self._url, self._part = url, part
        self._etag: str | None = None
        self._total: int | None = None
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def receive(self) -> RemoteFile:
        """Read to the end of the body, from where the last try stopped if the file is the same.

        Raises SourceUnreachableError where the body ends early: call again.
        """
        try:
            with open_remote(self._url, self._begun(), self._etag, self._total) as opened:
                if opened.offset == 0:
                    self._restart()
                self._etag, self._total = opened.remote.strong_etag, opened.remote.bytes
                self._require_bounded(opened.remote.bytes or 0)
                self._part.expect(opened.remote.bytes)
                self._copy(opened.body, opened.remote.bytes)
        except StaleRangeError:
            self._restart()
            raise
        self._require_whole(opened.remote)
        return opened.remote

    def _begun(self) -> int:
        """Bytes that are kept; none without an ETag, which shows that they still belong to the file."""
        return self._part.size if self._etag else 0

    def _restart(self) -> None:
        self._part.restart()
        self._etag = self._total = None
        self._digest = hashlib.sha256()

    def _copy(self, body: IO[bytes], total: int | None) -> None:
        name = self._url.rsplit("/", 1)[-1]
        progress = Progress(log, f"downloading {name}", total, megabytes, done=self._part.size)
        while chunk := body.read(CHUNK_BYTES):
            self._part.write(chunk)
            self._require_bounded(self._part.size)
            self._digest.update(chunk)
            progress.add(len(chunk))
        progress.finish()

    def _require_bounded(self, size: int) -> None:
        if size > MAX_BYTES:
            raise BadFileError(
                f"{self._url} sends {size:,} bytes or more. Expected a trip file of at most "
                f"{MAX_BYTES:,}. Nothing was kept. Check the connection's host."
            )

    def _require_whole(self, remote: RemoteFile) -> None:
        received = self._part.size
        if remote.bytes is not None and received < remote.bytes:
            raise SourceUnreachableError(
                f"{self._url} ended after {received:,} of {remote.bytes:,} bytes."
            )
        if received == 0:
            raise BadFileError(f"{self._url} is empty (0 bytes). Expected a trip file.")

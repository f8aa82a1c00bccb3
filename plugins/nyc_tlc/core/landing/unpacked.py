"""How large a file may be when it is unpacked: a few kilobytes can hold terabytes of blanks."""

from __future__ import annotations

import os
from collections.abc import Iterator

from nyc_tlc.core.errors import FileTooLargeError, SettingsError

SETTING = "TLC_MAX_UNPACKED_BYTES"
# The largest month of the TLC unpacks to about 5 GB.
DEFAULT_BYTES = 64_000_000_000


class Unpacked:
    """Counts what a file unpacks to; raises FileTooLargeError above the limit."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._limit = limit()
        self.bytes = 0

    def add(self, size: int) -> None:
        self.bytes += size
        if self.bytes > self._limit:
            raise FileTooLargeError(
                f"{self._url} unpacks to more than {self._limit:,} bytes. Expected at most that. Nothing "
                f"was kept. If the file is a real month, set {SETTING} higher where tasks run."
            )

    def counted(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The chunks as they are, each counted."""
        for chunk in chunks:
            self.add(len(chunk))
            yield chunk


def limit() -> int:
    value = os.environ.get(SETTING, "").strip() or str(DEFAULT_BYTES)
    if not (value.isascii() and value.isdigit()):
        raise SettingsError(
            f"{SETTING} is {value!r}. Expected a number of bytes, such as {DEFAULT_BYTES}."
        )
    return int(value)

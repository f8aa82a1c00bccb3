"""Counts the rows whose ``unique_row_id`` another row of the file has too: exactly, in bounded memory.

The ids go into temporary files by a hash of their first half, so that equal ids are in the same file.
Then each file is small enough to be sorted in memory. Nearly all first halves are different; only ids
whose first halves are equal are compared as a whole.
"""

from __future__ import annotations

import secrets
import tempfile
from collections import Counter
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    import pyarrow as pa

    Words = np.ndarray[Any, np.dtype[np.uint64]]

ID_BYTES = 16
PART_ROWS = 1 << 17
MOST_PARTS_BITS = 7
# A part with more rows has one id over and over. Then its ids are counted, piece by piece.
MOST_ROWS = 4 * PART_ROWS
IN_MEMORY_BYTES = 4 << 20


class SharedIds:
    """Takes the ids of one file's batches, then counts. ``rows``: about how many there will be."""

    def __init__(self, rows: int) -> None:
        self._bits = min((rows // PART_ROWS).bit_length(), MOST_PARTS_BITS)
        # By chance, so that no file can be made whose ids all go into one part.
        self._salt = secrets.randbits(64) | 1
        self._opened = ExitStack()
        limit = IN_MEMORY_BYTES >> self._bits
        self._parts: list[IO[bytes]] = [
            self._opened.enter_context(tempfile.SpooledTemporaryFile(limit))  # noqa: SIM115 - closed by close()
            for _ in range(1 << self._bits)
        ]

    def close(self) -> None:
        self._opened.close()

    def add(self, ids: pa.Array) -> None:
        import numpy as np

        words = _words(ids)
        if not self._bits:
            self._parts[0].write(words.tobytes())
            return
        hashes = words[:, 0] * np.uint64(self._salt)
        places = (hashes >> np.uint64(64 - self._bits)).astype(np.uint8)
        by_part = words[np.argsort(places, kind="stable")]
        ends = np.bincount(places, minlength=len(self._parts)).cumsum()[:-1]
        for part, found in zip(self._parts, np.split(by_part, ends), strict=True):
            part.write(found.tobytes())

    def count(self) -> int:
        return sum(map(_count, self._parts))


def _words(ids: pa.Array) -> Words:
    """Each id as two numbers of 64 bits."""
    import numpy as np

    storage = getattr(ids, "storage", ids)
    words = np.frombuffer(storage.buffers()[1] or b"", np.uint64).reshape(-1, 2)
    return words[storage.offset : storage.offset + len(storage)]


def _count(part: IO[bytes]) -> int:
    rows = part.tell() // ID_BYTES
    part.seek(0)
    pieces = _pieces(part)
    if rows <= MOST_ROWS:
        pieces = map(_candidates, pieces)
    return _count_copies(pieces)


def _pieces(part: IO[bytes]) -> Iterator[Words]:
    import numpy as np

    while data := part.read(MOST_ROWS * ID_BYTES):
        yield np.frombuffer(data, np.uint64).reshape(-1, 2)


def _candidates(ids: Words) -> Words:
    """The ids whose first half another one has too."""
    import numpy as np

    halves = np.sort(ids[:, 0])
    shared = halves[1:][halves[1:] == halves[:-1]]
    return ids[np.isin(ids[:, 0], shared)] if len(shared) else ids[:0]


def _count_copies(pieces: Iterable[Words]) -> int:
    copies: Counter[bytes] = Counter()
    for ids in pieces:
        data = ids.tobytes()
        copies.update(data[at : at + ID_BYTES] for at in range(0, len(data), ID_BYTES))
    return sum(count for count in copies.values() if count > 1)

"""What is known of a landed file, and the note of it that lies beside the file."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from pathlib import Path

from nyc_tlc.core.files import replaced
from nyc_tlc.core.landing.remote import RemoteFile
from nyc_tlc.core.xcom import XComValue

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LandedFile(XComValue):
    """A verified file in landing. ``rows`` are data rows as counted in the file itself.

    ``unpacked_bytes``: its size without gzip; None for a file that an older version landed.
    """

    uri: str
    url: str
    etag: str | None
    last_modified: str | None
    bytes: int
    sha256: str
    rows: int
    unpacked_bytes: int | None = None

    @property
    def name(self) -> str:
        return self.uri.rsplit("/", 1)[-1]

    def to_note(self) -> str:
        return json.dumps(self.to_xcom(), indent=1)

    @classmethod
    def from_note(cls, note: str) -> LandedFile | None:
        """None for a note of another version or a damaged one: the file is then fetched again."""
        try:
            return cls.from_xcom(json.loads(note))
        except (TypeError, ValueError) as error:
            log.warning("A note in landing cannot be read (%s); its file is fetched again", error)
            return None


def noted(target: Path) -> LandedFile | None:
    """What was noted beside a local file, if both are there."""
    note = note_path(target)
    if not (note.is_file() and target.is_file()):
        return None
    return LandedFile.from_note(note.read_text())


def write_note(target: Path, landed: LandedFile) -> None:
    with replaced(note_path(target)) as draft:
        draft.write(landed.to_note().encode())


def is_unchanged(landed: LandedFile, size: int, remote: RemoteFile) -> bool:
    """Whether a landed file, now of ``size`` bytes, is what the source has."""
    same = remote.describes(landed.url, landed.etag, landed.last_modified, landed.bytes)
    return same and landed.bytes == size


def is_intact(landed: LandedFile, path: Path) -> bool:
    """Whether a file has the very bytes that were verified when it landed."""
    if not path.is_file() or path.stat().st_size != landed.bytes:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == landed.sha256


def forget(target: Path) -> None:
    """Remove a landed file and what is noted beside it."""
    for path in (target, note_path(target)):
        path.unlink(missing_ok=True)


def note_path(target: Path) -> Path:
    return target.with_name(target.name + ".json")

"""Downloads one file: streamed beside its target, checked, and only then given its name."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path

from nyc_tlc.core.landing.landed import (
    LandedFile,
    is_intact,
    is_unchanged,
    note_path,
    noted,
    write_note,
)
from nyc_tlc.core.landing.part import Part, exclusive_part
from nyc_tlc.core.landing.remote import RemoteFile, probe, with_retries
from nyc_tlc.core.landing.transfer import Transfer
from nyc_tlc.core.landing.verify import Content, measure

log = logging.getLogger(__name__)


def download(url: str, target: Path, wait: float = 1.0) -> LandedFile:
    """Bring a file to ``target``, unless it is there already with the same ETag and length.

    A cut transfer goes on where it stopped; a busy source is asked again after ``wait`` seconds,
    doubled each time, or after what its Retry-After says. Two processes may ask for one target:
    one fetches, the other waits and takes it. Nothing unverified is ever under the target's name.
    """
    with exclusive_part(target) as part:
        landed = _already_landed(url, target, wait)
        if landed:
            log.info("%s is in landing already, unchanged (%s bytes)", target.name, landed.bytes)
            return landed
        transfer = Transfer(url, part)
        remote = with_retries(transfer.receive, wait)
        content = measure(part.path, target.name, url)
        return _keep(part, target, remote, transfer.sha256, content)


def _already_landed(url: str, target: Path, wait: float) -> LandedFile | None:
    """What was noted beside ``target``, if it is still what the source has."""
    landed = noted(target)
    if landed is None or not is_intact(landed, target):
        return None
    remote = with_retries(partial(probe, url), wait)
    return landed if is_unchanged(landed, target.stat().st_size, remote) else None


def _keep(
    part: Part, target: Path, remote: RemoteFile, sha256: str, content: Content
) -> LandedFile:
    """Give the file its name; the note comes last, so it never lies."""
    landed = LandedFile(
        uri=target.absolute().as_uri(),
        url=remote.url,
        etag=remote.etag,
        last_modified=remote.last_modified,
        bytes=part.size,
        sha256=sha256,
        rows=content.rows,
        unpacked_bytes=content.unpacked_bytes,
    )
    note_path(target).unlink(missing_ok=True)
    part.publish()
    with part.named_disk_full():
        write_note(target, landed)
    log.info("%s: %s rows, sha256 %s", target.name, f"{content.rows:,}", sha256)
    return landed

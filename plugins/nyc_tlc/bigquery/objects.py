"""The raw file in Cloud Storage: uploaded in resumable chunks, checked by crc32c, never twice."""

from __future__ import annotations

import base64
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nyc_tlc.bigquery.server_errors import named_cloud_errors
from nyc_tlc.catalog import Source
from nyc_tlc.errors import LandingError
from nyc_tlc.reader.lines import read_header

if TYPE_CHECKING:
    from google.cloud.storage import Blob, Bucket

    from nyc_tlc.bigquery.place import Place
    from nyc_tlc.catalog import TripFile
    from nyc_tlc.landing import LandedFile

log = logging.getLogger(__name__)

CHUNK_BYTES = 8 << 20
READ_BYTES = 1 << 20


@dataclass(frozen=True)
class RawObject:
    """``header``: the first line of a CSV file and the names in it; None for Parquet."""

    uri: str
    generation: int
    uploaded: bool
    header: str | None
    names: list[str] | None

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> RawObject:
        return cls(**values)


def upload(
    bucket: Bucket, place: Place, file: TripFile, landed: LandedFile, path: Path
) -> RawObject:
    """Bring a landed file to its object, unless the object has its bytes already.

    An upload that is cut leaves no object. Raises LandingError where Cloud Storage has other bytes
    than were sent.
    """
    header, names = read_header(path) if file.source is Source.CSV else (None, None)
    with named_cloud_errors("upload"):
        blob = bucket.get_blob(place.object_name(file))
        uploaded = blob is None or blob.crc32c != crc32c(path) or blob.size != landed.bytes
        if uploaded:
            blob = _send(bucket, place, file, landed, path)
        else:
            log.info("%s is there already, unchanged", place.uri(file))
    assert blob is not None
    return RawObject(
        uri=place.uri(file),
        generation=int(blob.generation or 0),
        uploaded=uploaded,
        header=header.decode("utf-8", "replace") if header else None,
        names=list(names) if names else None,
    )


def crc32c(path: Path) -> str:
    """As Cloud Storage writes it."""
    from google_crc32c import Checksum

    checksum = Checksum()
    with path.open("rb") as body:
        while chunk := body.read(READ_BYTES):
            checksum.update(chunk)
    return base64.b64encode(checksum.digest()).decode()


def _send(bucket: Bucket, place: Place, file: TripFile, landed: LandedFile, path: Path) -> Blob:
    from google.cloud.exceptions import BadRequest
    from google.cloud.storage.exceptions import DataCorruption

    blob = bucket.blob(place.object_name(file), chunk_size=CHUNK_BYTES)
    blob.metadata = {
        "sha256": landed.sha256, "rows": str(landed.rows), "source_url": landed.url,
    }  # fmt: skip
    try:
        blob.upload_from_filename(str(path), checksum="crc32c")
    except (DataCorruption, BadRequest) as error:
        raise LandingError(
            f"{place.uri(file)} did not arrive as it was sent: {error}. Nothing is under its name. "
            "Clear the upload task to send it again."
        ) from error
    blob.reload()
    log.info("%s: %s bytes uploaded", place.uri(file), f"{landed.bytes:,}")
    return blob

"""Files in Cloud Storage: uploaded in resumable chunks, checked by crc32c; the raw file only once.

Google's upload operators are not used: they do not verify the upload.
"""

from __future__ import annotations

import base64
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nyc_tlc.core.bigquery.server_errors import named_cloud_errors
from nyc_tlc.core.errors import UploadError
from nyc_tlc.core.xcom import XComValue

if TYPE_CHECKING:
    from google.cloud.storage import Bucket

    from nyc_tlc.core.bigquery.place import Place
    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.landing.landed import LandedFile

log = logging.getLogger(__name__)

CHUNK_BYTES = 8 << 20
READ_BYTES = 1 << 20
# How long a failed chunk is retried. After that the task fails, and its retry starts a new upload.
CHUNK_SECONDS = 120


@dataclass(frozen=True)
class RawObject(XComValue):
    """The raw file in the bucket; ``uploaded`` is false if it was there already."""

    uri: str
    uploaded: bool


def upload(
    bucket: Bucket, place: Place, file: TripFile, landed: LandedFile, path: Path
) -> RawObject:
    """Upload a file from landing, unless the object already has the same bytes.

    A chunk is sent again if its connection breaks. Raises UploadError if the upload was corrupted,
    WarehouseUnreachableError if it failed; in both cases the object is unchanged.
    """
    with named_cloud_errors("upload"):
        blob = bucket.get_blob(place.object_name(file))
        uploaded = blob is None or blob.crc32c != crc32c(path) or blob.size != landed.bytes
        if uploaded:
            facts = {"sha256": landed.sha256, "rows": str(landed.rows), "source_url": landed.url}
            send(bucket, place.object_name(file), path, facts)
        else:
            log.info("%s is already uploaded and unchanged", place.uri(file))
    return RawObject(place.uri(file), uploaded)


def crc32c(path: Path) -> str:
    """The checksum in Cloud Storage's form, base64."""
    from google_crc32c import Checksum

    checksum = Checksum()
    with path.open("rb") as body:
        while chunk := body.read(READ_BYTES):
            checksum.update(chunk)
    return base64.b64encode(checksum.digest()).decode()


def send(bucket: Bucket, name: str, path: Path, metadata: dict[str, str]) -> None:
    """Upload a file as the object ``name``; raises UploadError if it was corrupted."""
    from google.cloud.exceptions import BadRequest
    from google.cloud.storage.exceptions import DataCorruption
    from google.cloud.storage.retry import DEFAULT_RETRY

    blob = bucket.blob(name, chunk_size=CHUNK_BYTES)
    blob.metadata = metadata
    retry = DEFAULT_RETRY.with_timeout(CHUNK_SECONDS)
    try:
        blob.upload_from_filename(str(path), checksum="crc32c", retry=retry)
    except (DataCorruption, BadRequest, ValueError) as error:
        # ValueError: Cloud Storage kept a part of a chunk, and Google's client cannot resume from there.
        raise UploadError(
            f"The upload of gs://{bucket.name}/{name} was corrupted: {error}. The object is unchanged. "
            "Retrying."
        ) from error
    log.info("gs://%s/%s: %s bytes uploaded", bucket.name, name, f"{path.stat().st_size:,}")

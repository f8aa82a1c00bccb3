"""The raw file in Cloud Storage: uploaded in resumable chunks, checked by crc32c, uploaded only once.

Google's upload operators are not used: they do not verify the upload.
"""

from __future__ import annotations

import base64
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nyc_tlc.core.bigquery.server_errors import named_cloud_errors
from nyc_tlc.core.catalog import Source
from nyc_tlc.core.errors import UploadError
from nyc_tlc.core.reader.lines import read_header
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
    """``header`` and ``names``: the first line of a CSV file and its column names; None for Parquet."""

    uri: str
    uploaded: bool
    header: str | None
    names: list[str] | None


def upload(
    bucket: Bucket, place: Place, file: TripFile, landed: LandedFile, path: Path
) -> RawObject:
    """Upload a file from landing, unless the object already has the same bytes.

    A chunk is sent again if its connection breaks. Raises UploadError if the upload was corrupted,
    WarehouseUnreachableError if it failed; in both cases the object is unchanged.
    """
    header, names = read_header(path) if file.source is Source.CSV else (None, None)
    with named_cloud_errors("upload"):
        blob = bucket.get_blob(place.object_name(file))
        uploaded = blob is None or blob.crc32c != crc32c(path) or blob.size != landed.bytes
        if uploaded:
            _send(bucket, place, file, landed, path)
        else:
            log.info("%s is already uploaded and unchanged", place.uri(file))
    return RawObject(
        uri=place.uri(file),
        uploaded=uploaded,
        header=header.decode("utf-8", "replace") if header else None,
        names=list(names) if names else None,
    )


def crc32c(path: Path) -> str:
    """The checksum in Cloud Storage's form, base64."""
    from google_crc32c import Checksum

    checksum = Checksum()
    with path.open("rb") as body:
        while chunk := body.read(READ_BYTES):
            checksum.update(chunk)
    return base64.b64encode(checksum.digest()).decode()


def _send(bucket: Bucket, place: Place, file: TripFile, landed: LandedFile, path: Path) -> None:
    from google.cloud.exceptions import BadRequest
    from google.cloud.storage.exceptions import DataCorruption
    from google.cloud.storage.retry import DEFAULT_RETRY

    blob = bucket.blob(place.object_name(file), chunk_size=CHUNK_BYTES)
    blob.metadata = {
        "sha256": landed.sha256, "rows": str(landed.rows), "source_url": landed.url,
    }  # fmt: skip
    retry = DEFAULT_RETRY.with_timeout(CHUNK_SECONDS)
    try:
        blob.upload_from_filename(str(path), checksum="crc32c", retry=retry)
    except (DataCorruption, BadRequest, ValueError) as error:
        # ValueError: Cloud Storage kept a part of a chunk, and Google's client cannot resume from there.
        raise UploadError(
            f"The upload of {place.uri(file)} was corrupted: {error}. The object is unchanged. "
            "Retrying."
        ) from error
    log.info("%s: %s bytes uploaded", place.uri(file), f"{landed.bytes:,}")

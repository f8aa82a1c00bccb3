"""The uploading step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nyc_tlc.operators.base import FileFacts, TaxiOperator, as_bool, skip_if_loaded, trip_file

if TYPE_CHECKING:
    from airflow.sdk import Context


class TaxiUploadOperator(TaxiOperator):
    """Brings the landed file to ``gs://BUCKET/raw/…``, in resumable chunks checked by crc32c.

    Google's LocalFilesystemToGCSOperator checks nothing and cannot tell that the object is there
    already. Skips the rest of the run where the same content (by sha256) is loaded whole already.
    Returns the object's URI and, of a CSV file, its header.

    :param file: what TaxiCloudFindSensor returned.
    :param landed: what TaxiDownloadOperator returned.
    :param force: load a file even if it is unchanged.
    :param place: project, location, bucket and dataset.
    """

    template_fields: Sequence[str] = (
        "file", "landed", "force", "place", "gcp_conn_id", "impersonation_chain",
    )  # fmt: skip

    def __init__(
        self,
        *,
        file: FileFacts,
        landed: dict[str, Any],
        place: dict[str, Any],
        force: bool | str = False,
        gcp_conn_id: str = "google_cloud_default",
        impersonation_chain: str | Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.landed = landed
        self.place = place
        self.force = force
        self.gcp_conn_id = gcp_conn_id
        self.impersonation_chain = impersonation_chain

    def run_step(self, context: Context) -> dict[str, Any]:
        from nyc_tlc.bigquery.objects import upload
        from nyc_tlc.hooks.bigquery import WarehouseBigQueryHook
        from nyc_tlc.hooks.landing import local_copy
        from nyc_tlc.landing import LandedFile

        file, landed = trip_file(self.file), LandedFile.from_dict(self.landed)
        hook = WarehouseBigQueryHook(self.place, self.gcp_conn_id, self.impersonation_chain)
        if not as_bool(self.force):
            skip_if_loaded(hook, file, landed)
        with local_copy(landed) as path:
            return asdict(upload(hook.bucket, hook.place, file, landed, path))

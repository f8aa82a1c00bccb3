"""The last step, whatever happened before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nyc_tlc.operators.base import FileFacts, TaxiOperator, as_bool, run_key, trip_file

if TYPE_CHECKING:
    from airflow.sdk import Context


class TaxiCloudCleanUpOperator(TaxiOperator):
    """Drops the run's raw and staging tables, and purges landing; the raw object stays in its bucket.

    :param file: what TaxiCloudFindSensor returned; None where it skipped or failed.
    :param landing: URI of the landing folder.
    :param keep_landed: keep the downloaded file, so that it need not be fetched again.
    :param place: project, location, bucket and dataset.
    """

    template_fields: Sequence[str] = (
        "file", "landing", "keep_landed", "place", "gcp_conn_id", "impersonation_chain",
    )  # fmt: skip

    def __init__(
        self,
        *,
        file: FileFacts | None,
        landing: str,
        place: dict[str, Any],
        keep_landed: bool | str = False,
        gcp_conn_id: str = "google_cloud_default",
        impersonation_chain: str | Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.landing = landing
        self.place = place
        self.keep_landed = keep_landed
        self.gcp_conn_id = gcp_conn_id
        self.impersonation_chain = impersonation_chain

    def run_step(self, context: Context) -> None:
        from nyc_tlc.hooks.bigquery import WarehouseBigQueryHook
        from nyc_tlc.hooks.landing import purge

        if not self.file:
            self.log.info("Nothing was begun, so nothing is to be cleaned up")
            return
        file = trip_file(self.file)
        if not as_bool(self.keep_landed):
            purge(f"{self.landing.rstrip('/')}/{file.landing_key}")
        hook = WarehouseBigQueryHook(self.place, self.gcp_conn_id, self.impersonation_chain)
        for table in (hook.place.raw, hook.place.staging):
            hook.warehouse.drop(table(file, run_key(context)))

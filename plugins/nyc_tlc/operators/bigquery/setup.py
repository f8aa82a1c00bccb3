"""What has to be there before the first month."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nyc_tlc.operators.base import TaxiOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


class TaxiCloudSetupOperator(TaxiOperator):
    """Makes bucket and datasets where they are missing, and proves that a load may use them.

    Google's GCSCreateBucketOperator takes a bucket that somebody else owns for one of ours, and
    neither it nor the dataset's operator compares locations. Returns what was made.

    :param place: project, location, bucket and dataset.
    :param keep_raw_days: age at which the bucket deletes raw files; 0 keeps them, empty leaves the
        bucket's rule as it is.
    """

    template_fields: Sequence[str] = (
        "place", "keep_raw_days", "gcp_conn_id", "impersonation_chain",
    )  # fmt: skip

    def __init__(
        self,
        *,
        place: dict[str, Any],
        keep_raw_days: int | str | None = None,
        gcp_conn_id: str = "google_cloud_default",
        impersonation_chain: str | Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.place = place
        self.keep_raw_days = keep_raw_days
        self.gcp_conn_id = gcp_conn_id
        self.impersonation_chain = impersonation_chain

    def run_step(self, context: Context) -> dict[str, Any]:
        from nyc_tlc.bigquery.setup import ensure_bucket, ensure_datasets, prove_rights
        from nyc_tlc.hooks.bigquery import WarehouseBigQueryHook

        hook = WarehouseBigQueryHook(self.place, self.gcp_conn_id, self.impersonation_chain)
        days = None if self.keep_raw_days in (None, "") else int(self.keep_raw_days)
        made = ensure_bucket(hook.bucket.client, hook.warehouse, days)
        datasets = ensure_datasets(hook.warehouse)
        prove_rights(hook.bucket, hook.warehouse)
        self.log.info("Ready: gs://%s and %s", hook.place.bucket, hook.place.dataset)
        return {"bucket_made": made, "datasets_made": datasets}

"""The first step, over the ledger in BigQuery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nyc_tlc.sensors.find import FindSensor

if TYPE_CHECKING:
    from nyc_tlc.ledger import Ledger


class TaxiCloudFindSensor(FindSensor):
    """Waits for the run's file, then chooses the branch: load, unchanged, or not published.

    Unchanged is a file that the ledger in BigQuery has (by ETag and length) with all its rows still
    in the trips table, unless ``force``. Returns taxi, month, source, url, and the ``reason``.

    :param place: project, location, bucket and dataset.
    """

    template_fields: Sequence[str] = (
        *FindSensor.template_fields, "place", "gcp_conn_id", "impersonation_chain",
    )  # fmt: skip

    def __init__(
        self,
        *,
        place: dict[str, Any],
        gcp_conn_id: str = "google_cloud_default",
        impersonation_chain: str | Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.place = place
        self.gcp_conn_id = gcp_conn_id
        self.impersonation_chain = impersonation_chain

    def ledger(self) -> Ledger:
        from nyc_tlc.hooks.bigquery import WarehouseBigQueryHook

        return WarehouseBigQueryHook(self.place, self.gcp_conn_id, self.impersonation_chain)

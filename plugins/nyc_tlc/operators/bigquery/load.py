"""The loading step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nyc_tlc.operators.base import run_key, trip_file
from nyc_tlc.operators.bigquery.job import TaxiJobOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


class TaxiLoadJobOperator(TaxiJobOperator):
    """Loads the object, as it is, into a raw table of this run alone. Load jobs cost nothing.

    Parquet keeps its types; CSV comes line by line, as text. Returns the table's name and rows.

    :param sent: what TaxiUploadOperator returned.
    """

    template_fields: Sequence[str] = (*TaxiJobOperator.template_fields, "sent")

    def __init__(self, *, sent: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sent = sent

    def configure(self, context: Context) -> dict[str, Any]:
        raw = self.warehouse.place.raw(trip_file(self.file), run_key(context))
        return self.job(context).load(self.sent["uri"], raw)

    def finish(self, context: Context, job: Any) -> dict[str, Any]:
        raw = self.warehouse.place.raw(trip_file(self.file), run_key(context))
        return {"table": str(raw), "rows": int(job.output_rows or 0)}

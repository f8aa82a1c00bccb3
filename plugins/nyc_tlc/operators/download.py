"""The download step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nyc_tlc.operators.base import FileFacts, TaxiOperator, trip_file

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context

    from nyc_tlc.core.landing.landed import LandedFile


class TaxiDownloadOperator(TaxiOperator):
    """Brings the file to landing, whole and verified; returns its URI, bytes, sha256 and rows.

    :param file: what TaxiFindOperator returned.
    :param landing: URI of the landing folder: ``file://``, ``gs://``, ``s3://``.
    """

    template_fields: Sequence[str] = ("file", "landing")

    def __init__(self, *, file: FileFacts, landing: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.landing = landing
        self._landed: LandedFile | None = None

    def run_step(self, context: Context) -> dict[str, Any]:
        from nyc_tlc.hooks.landing import Landing

        key = trip_file(self.file).landing_key
        self._landed = Landing(self.landing).fetch(self.file["url"], key)
        return asdict(self._landed)

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage:
        from nyc_tlc.lineage import file_dataset, file_written, lineage

        landed = self._landed
        written = [file_written(landed.uri, landed.rows, landed.bytes)] if landed else []
        return lineage([file_dataset(self.file["url"])], written)

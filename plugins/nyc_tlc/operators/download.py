"""The download step, the same for every warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nyc_tlc.core.loads import FoundFile
from nyc_tlc.operators.base import TaxiOperator

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context

    from nyc_tlc.core.landing.landed import LandedFile


class TaxiDownloadOperator(TaxiOperator):
    """Brings the file to landing, complete and verified; returns its URI, bytes, sha256 and rows.

    :param file: what the find step returned.
    :param landing: URI of the landing folder: ``file://``, ``gs://``, ``s3://``.
    """

    template_fields: Sequence[str] = ("file", "landing")

    def __init__(self, *, file: dict[str, Any], landing: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.landing = landing
        self._landed: LandedFile | None = None

    def run_step(self, context: Context) -> LandedFile:
        from nyc_tlc.hooks.landing import Landing

        found = FoundFile.from_xcom(self.file)
        self._landed = Landing(self.landing).fetch(str(found.url), found.file.landing_key)
        return self._landed

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage:
        from nyc_tlc.lineage import file_dataset, file_written, lineage

        landed = self._landed
        written = [file_written(landed.uri, landed.rows, landed.bytes)] if landed else []
        return lineage([file_dataset(self.file["url"])], written)

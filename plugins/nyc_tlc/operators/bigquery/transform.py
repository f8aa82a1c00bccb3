"""The transforming step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nyc_tlc.operators.base import run_key, trip_file
from nyc_tlc.operators.bigquery.job import TaxiJobOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from nyc_tlc.bigquery.raw import RawFile
    from nyc_tlc.catalog import TripFile


class TaxiTransformJobOperator(TaxiJobOperator):
    """Casts the raw table to canonical rows with their unique_row_id, in a table of this run alone.

    Fails, and nothing is merged, where a row is missing. Returns rows staged, how many could not be
    read, and how the file's columns met the contract.

    :param landed: what TaxiDownloadOperator returned.
    :param sent: what TaxiUploadOperator returned.
    :param max_rejects: how many rows that cannot be read may go to ``tlc_reject``.
    """

    template_fields: Sequence[str] = (
        *TaxiJobOperator.template_fields, "landed", "sent", "max_rejects",
    )  # fmt: skip

    def __init__(
        self,
        *,
        landed: dict[str, Any],
        sent: dict[str, Any],
        max_rejects: int | str = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.landed = landed
        self.sent = sent
        self.max_rejects = max_rejects

    def configure(self, context: Context) -> dict[str, Any]:
        file, raw = trip_file(self.file), self._raw(context)
        if raw.match.unknown:
            self.log.warning(
                "%s has columns that the contract does not know: %s. They are left out; see "
                "docs/data-contract.md.", file.name, ", ".join(raw.match.unknown),
            )  # fmt: skip
        staging = self.warehouse.place.staging(file, run_key(context))
        return self.job(context).query(
            raw.transform(staging), file_month=file.month.first_day, filename=file.name,
            **raw.parameters,
        )  # fmt: skip

    def finish(self, context: Context, job: Any) -> dict[str, Any]:
        file, raw = trip_file(self.file), self._raw(context)
        staging = self.warehouse.place.staging(file, run_key(context))
        found = self.warehouse.find(staging)
        rows = int(found.num_rows or 0) if found else 0
        missing = int(self.landed["rows"]) - rows
        self._settle(file, missing)
        return {
            "table": str(staging),
            "rows": rows,
            "rejected": missing,
            "columns": list(raw.columns),
            "unknown_columns": list(raw.match.unknown),
            "column_fingerprint": raw.match.fingerprint,
        }

    def _settle(self, file: TripFile, missing: int) -> None:
        from nyc_tlc.bigquery.rejects import forget_rejects, settle_rejects
        from nyc_tlc.contract import load_contract
        from nyc_tlc.hooks.landing import local_copy
        from nyc_tlc.landing import LandedFile
        from nyc_tlc.reader import TripReader

        if not missing:
            forget_rejects(self.warehouse, file)
            return
        with local_copy(LandedFile.from_dict(self.landed)) as path:
            rejects = TripReader(path, load_contract(file.taxi)).rejects()
            settle_rejects(self.warehouse, file, rejects, missing, int(self.max_rejects))

    def _raw(self, context: Context) -> RawFile:
        from nyc_tlc.bigquery.objects import RawObject
        from nyc_tlc.bigquery.raw import raw_file

        file, sent = trip_file(self.file), RawObject.from_dict(self.sent)
        table = self.warehouse.place.raw(file, run_key(context))
        return raw_file(self.warehouse, table, file, sent)

"""The merging step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nyc_tlc.links import BigQueryTableLink
from nyc_tlc.operators.base import as_bool, run_key, run_of, tell_of_load, trip_file
from nyc_tlc.operators.bigquery.job import TaxiJobOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from nyc_tlc.bigquery.merge import Load
    from nyc_tlc.loads import MergeResult


class TaxiMergeJobOperator(TaxiJobOperator):
    """Makes the trips table hold exactly this file's rows for its month, and writes the ledger.

    One job that reads and writes one partition, and goes on though its worker dies. Returns the
    outcome, the month's rows, how many were replaced, and the ledger's load_id.

    :param landed: what TaxiDownloadOperator returned.
    :param staged: what TaxiTransformJobOperator returned.
    :param report: what TaxiCheckJobOperator returned.
    :param mode: ``replace``, or ``insert_only`` as in the course.
    :param force: merge a file even if another run has merged the same one meanwhile.
    """

    template_fields: Sequence[str] = (
        *TaxiJobOperator.template_fields, "landed", "staged", "report", "mode", "force",
    )  # fmt: skip

    operator_extra_links = (*TaxiJobOperator.operator_extra_links, BigQueryTableLink())

    def __init__(
        self,
        *,
        landed: dict[str, Any],
        staged: dict[str, Any],
        report: dict[str, Any],
        mode: str = "replace",
        force: bool | str = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.landed = landed
        self.staged = staged
        self.report = report
        self.mode = mode
        self.force = force
        self._merged_before: MergeResult | None = None

    def configure(self, context: Context) -> dict[str, Any] | None:
        from nyc_tlc.bigquery.ledger import ensure_ledger
        from nyc_tlc.bigquery.merge import merge_script, merged_before, require_staging
        from nyc_tlc.bigquery.trips import ensure_trips_table
        from nyc_tlc.contract import load_contract
        from nyc_tlc.loads import MergeMode

        load = self._load(context)
        self._merged_before = merged_before(self.warehouse, load, as_bool(self.force))
        if self._merged_before:
            return None
        require_staging(self.warehouse, load.staging)
        contract = load_contract(load.file.taxi)
        ensure_trips_table(self.warehouse, contract)
        ensure_ledger(self.warehouse)
        sql, facts = merge_script(self.warehouse.place, load, contract, MergeMode(self.mode))
        return self.job(context).query(sql, **facts)

    def finish(self, context: Context, job: Any) -> dict[str, Any]:
        from nyc_tlc.bigquery.merge import merge_result

        load = self._load(context)
        result = self._merged_before or merge_result(load, job.result())
        self.log.info("%s: %s", load.file.name, result)
        tell_of_load(self.outlets, context, load.file, result.rows, load.landed.sha256)
        return asdict(result)

    def _load(self, context: Context) -> Load:
        from nyc_tlc.bigquery.merge import Load
        from nyc_tlc.landing import LandedFile
        from nyc_tlc.loads import CheckReport

        file = trip_file(self.file)
        return Load(
            file=file,
            run=run_of(context),
            landed=LandedFile.from_dict(self.landed),
            report=CheckReport.from_dict(self.report),
            staging=self.warehouse.place.staging(file, run_key(context)),
            rejected=self.staged["rejected"],
            column_fingerprint=self.staged["column_fingerprint"],
            unknown_columns=self.staged["unknown_columns"],
        )

"""The checking step."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nyc_tlc.operators.base import run_key, trip_file
from nyc_tlc.operators.bigquery.job import TaxiJobOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


class TaxiCheckJobOperator(TaxiJobOperator):
    """Counts the staged rows that are odd. They only go on record."""

    def configure(self, context: Context) -> dict[str, Any]:
        from nyc_tlc.bigquery.check import check_sql
        from nyc_tlc.contract import load_contract

        file = trip_file(self.file)
        staging = self.warehouse.place.staging(file, run_key(context))
        return self.job(context).query(check_sql(staging, file, load_contract(file.taxi)))

    def finish(self, context: Context, job: Any) -> dict[str, Any]:
        from nyc_tlc.bigquery.check import report_of

        [row] = job.result()
        report = report_of(row)
        self.log.info("%s: %s", trip_file(self.file).name, report)
        return asdict(report)

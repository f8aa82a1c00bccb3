"""Loads one file into the BigQuery emulator, step by step, without Airflow."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nyc_tlc.core.bigquery.check import check_rows, check_sql, oddities_of, staged_rows
from nyc_tlc.core.bigquery.jobs import JobContext
from nyc_tlc.core.bigquery.ledger import ensure_ledger, latest_load
from nyc_tlc.core.bigquery.merge import merge_result, merge_script
from nyc_tlc.core.bigquery.objects import upload
from nyc_tlc.core.bigquery.place import BigQueryTable
from nyc_tlc.core.bigquery.prepare import prepare
from nyc_tlc.core.bigquery.trips import ensure_trips_table
from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse
from nyc_tlc.core.catalog import Month, Source, Taxi, TripFile
from nyc_tlc.core.contract.model import load_contract
from nyc_tlc.core.landing.landed import LandedFile
from nyc_tlc.core.landing.verify import count_rows
from nyc_tlc.core.loads import Load, MergeMode, MergeResult, Oddities, Run, StagedMonth


@dataclass(frozen=True)
class CloudMonth:
    """A file at ``path``, in a run's hands."""

    warehouse: BigQueryWarehouse
    storage: Any
    file: TripFile
    path: Path
    run: str = "run"
    max_rejects: int = 0

    @classmethod
    def of(
        cls,
        warehouse: BigQueryWarehouse,
        storage: Any,
        path: Path,
        taxi: str,
        month: str,
        **more: Any,
    ) -> CloudMonth:
        source = Source.PARQUET if path.suffix == ".parquet" else Source.CSV
        file = TripFile(Taxi(taxi), Month.parse(month), source)
        return cls(warehouse, storage, file, path, **more)

    def again(self, run: str, path: Path | None = None) -> CloudMonth:
        return replace(self, run=run, path=path or self.path)

    @property
    def landed(self) -> LandedFile:
        body = self.path.read_bytes()
        rows = count_rows(self.path, self.path.name, self.path.as_uri())
        digest = hashlib.sha256(body).hexdigest()
        uri = f"file:///landing/{self.file.name}"
        url, etag, size = self.path.as_uri(), f'"{digest[:8]}"', len(body)
        return LandedFile(uri, url, etag, None, size, digest, rows, size)

    def stage(self) -> StagedMonth:
        place, contract = self.warehouse.place, load_contract(self.file.taxi)
        bucket = self.storage.bucket(place.bucket)
        upload(bucket, place, self.file, self.landed, self.path)
        prepared = prepare(
            bucket, self.warehouse, self.staging, self.file, self.landed, contract, self.path,
            self.max_rejects,
        )  # fmt: skip
        self._job(self._context("load").load(prepared.uri, self.staging))
        staged = StagedMonth(
            self.staging.dataset, self.staging.name, staged_rows(self.warehouse, self.staging),
            prepared.rejected, prepared.columns, prepared.unknown_columns,
            prepared.column_fingerprint,
        )  # fmt: skip
        check_rows(self.warehouse, self.staging, staged, self.landed, self.file)
        return staged

    @property
    def staging(self) -> BigQueryTable:
        return self.warehouse.place.staging(self.file, self.run)

    def check(self) -> Oddities:
        [row] = self.warehouse.query(
            check_sql(self.staging, self.file, load_contract(self.file.taxi))
        )
        return oddities_of(row)

    def merge(self, staged: StagedMonth, mode: MergeMode = MergeMode.REPLACE) -> MergeResult:
        contract = load_contract(self.file.taxi)
        load = Load(self.file, Run("tlc_test", self.run), self.landed, staged, self.check())
        ensure_trips_table(self.warehouse, contract)
        ensure_ledger(self.warehouse)
        latest = latest_load(self.warehouse, self.file)
        sql, row = merge_script(self.warehouse.place, load, self.staging, contract, mode, latest)
        job = self.warehouse.client.create_job(self._context("merge").query(sql, **row))
        return merge_result(job)

    def into_trips(self, mode: MergeMode = MergeMode.REPLACE) -> MergeResult:
        return self.merge(self.stage(), mode)

    def _context(self, task: str) -> JobContext:
        return JobContext("tlc_test", self.run, task, self.file)

    def _job(self, configuration: dict[str, Any]) -> Any:
        return self.warehouse.client.create_job(configuration).result()

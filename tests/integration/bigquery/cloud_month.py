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
from nyc_tlc.core.bigquery.raw import RawFile, raw_file
from nyc_tlc.core.bigquery.rejects import forget_rejects, record_rejects
from nyc_tlc.core.bigquery.trips import ensure_trips_table
from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse
from nyc_tlc.core.catalog import Month, Source, Taxi, TripFile
from nyc_tlc.core.contract.model import load_contract
from nyc_tlc.core.landing.landed import LandedFile
from nyc_tlc.core.landing.verify import count_rows
from nyc_tlc.core.loads import Load, MergeMode, MergeResult, Oddities, Run, StagedMonth
from nyc_tlc.core.reader.trips import TripReader


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

    def load(self) -> RawFile:
        place = self.warehouse.place
        bucket = self.storage.bucket(place.bucket)
        sent = upload(bucket, place, self.file, self.landed, self.path)
        raw = place.raw(self.file, self.run)
        self._job(self._context("load").load(sent.uri, raw))
        return raw_file(self.warehouse, raw, self.file, sent)

    def stage(self) -> StagedMonth:
        raw = self.load()
        staging = self.staging
        facts = {"file_month": self.file.month.first_day, "filename": self.file.name}
        self.warehouse.query(raw.transform(staging), **facts, **raw.parameters)
        rows = staged_rows(self.warehouse, staging)
        staged = StagedMonth(
            staging.dataset, staging.name, rows, self._rejected(rows), list(raw.columns),
            list(raw.match.unknown), raw.match.fingerprint,
        )  # fmt: skip
        check_rows(self.warehouse, staging, staged, self.landed, self.file)
        return staged

    @property
    def staging(self) -> BigQueryTable:
        return self.warehouse.place.staging(self.file, self.run)

    def _rejected(self, rows: int) -> int:
        if rows == self.landed.rows:
            forget_rejects(self.warehouse, self.file)
            return 0
        rejects = TripReader(self.path, load_contract(self.file.taxi)).rejects()
        return record_rejects(self.warehouse, self.file, rejects, self.max_rejects)

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

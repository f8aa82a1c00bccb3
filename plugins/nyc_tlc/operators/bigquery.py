"""The steps of a month in BigQuery: upload, load, transform, check, merge, clean up; and the setup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nyc_tlc.links import BigQueryTableLink
from nyc_tlc.operators.base import (
    FileFacts,
    TaxiOperator,
    as_bool,
    describe_load,
    run_key,
    run_of,
    skip_if_loaded,
    trip_file,
)
from nyc_tlc.operators.bigquery_job import BigQueryJobOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from nyc_tlc.core.bigquery.merge import Load
    from nyc_tlc.core.bigquery.raw import RawFile
    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.loads import MergeResult


class BigQueryUploadOperator(TaxiOperator):
    """Brings the landed file to ``gs://BUCKET/raw/…``, in resumable chunks checked by crc32c.

    Google's LocalFilesystemToGCSOperator checks nothing and cannot tell that the object is there
    already. Skips the rest of the run where the same content (by sha256) is loaded whole already.
    Returns the object's URI and, of a CSV file, its header.

    :param file: what BigQueryFindSensor returned.
    :param landed: what TaxiDownloadOperator returned.
    :param force: load a file even if it is unchanged.
    :param place: project, location, bucket and dataset.
    """

    template_fields: Sequence[str] = (
        "file", "landed", "force", "place", "gcp_conn_id", "impersonation_chain",
    )  # fmt: skip

    def __init__(
        self,
        *,
        file: FileFacts,
        landed: dict[str, Any],
        place: dict[str, Any],
        force: bool | str = False,
        gcp_conn_id: str = "google_cloud_default",
        impersonation_chain: str | Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.landed = landed
        self.place = place
        self.force = force
        self.gcp_conn_id = gcp_conn_id
        self.impersonation_chain = impersonation_chain

    def run_step(self, context: Context) -> dict[str, Any]:
        from nyc_tlc.core.bigquery.objects import upload
        from nyc_tlc.core.landing.landed import LandedFile
        from nyc_tlc.hooks.bigquery import TaxiBigQueryHook
        from nyc_tlc.hooks.landing import local_copy

        file, landed = trip_file(self.file), LandedFile.from_dict(self.landed)
        hook = TaxiBigQueryHook(self.place, self.gcp_conn_id, self.impersonation_chain)
        if not as_bool(self.force):
            skip_if_loaded(hook, file, landed)
        with local_copy(landed) as path:
            return asdict(upload(hook.bucket, hook.place, file, landed, path))


class BigQueryLoadOperator(BigQueryJobOperator):
    """Loads the object, as it is, into a raw table of this run alone. Load jobs cost nothing.

    Parquet keeps its types; CSV comes line by line, as text. Returns the table's name and rows.

    :param sent: what BigQueryUploadOperator returned.
    """

    template_fields: Sequence[str] = (*BigQueryJobOperator.template_fields, "sent")

    def __init__(self, *, sent: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sent = sent

    def configure(self, context: Context) -> dict[str, Any]:
        raw = self.warehouse.place.raw(trip_file(self.file), run_key(context))
        return self.job(context).load(self.sent["uri"], raw)

    def finish(self, context: Context, job: Any) -> dict[str, Any]:
        raw = self.warehouse.place.raw(trip_file(self.file), run_key(context))
        return {"table": str(raw), "rows": int(job.output_rows or 0)}


class BigQueryTransformOperator(BigQueryJobOperator):
    """Casts the raw table to canonical rows with their unique_row_id, in a table of this run alone.

    Fails, and nothing is merged, where a row is missing. Returns rows staged, how many could not be
    read, and how the file's columns met the contract.

    :param landed: what TaxiDownloadOperator returned.
    :param sent: what BigQueryUploadOperator returned.
    :param max_rejects: how many rows that cannot be read may go to ``tlc_reject``.
    """

    template_fields: Sequence[str] = (
        *BigQueryJobOperator.template_fields, "landed", "sent", "max_rejects",
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
        from nyc_tlc.core.bigquery.rejects import forget_rejects, settle_rejects
        from nyc_tlc.core.contract.model import load_contract
        from nyc_tlc.core.landing.landed import LandedFile
        from nyc_tlc.core.reader.trips import TripReader
        from nyc_tlc.hooks.landing import local_copy

        if not missing:
            forget_rejects(self.warehouse, file)
            return
        with local_copy(LandedFile.from_dict(self.landed)) as path:
            rejects = TripReader(path, load_contract(file.taxi)).rejects()
            settle_rejects(self.warehouse, file, rejects, missing, int(self.max_rejects))

    def _raw(self, context: Context) -> RawFile:
        from nyc_tlc.core.bigquery.objects import RawObject
        from nyc_tlc.core.bigquery.raw import raw_file

        file, sent = trip_file(self.file), RawObject.from_dict(self.sent)
        table = self.warehouse.place.raw(file, run_key(context))
        return raw_file(self.warehouse, table, file, sent)


class BigQueryCheckOdditiesOperator(BigQueryJobOperator):
    """Counts the staged rows that are odd. They only go on record."""

    def configure(self, context: Context) -> dict[str, Any]:
        from nyc_tlc.core.bigquery.check import check_sql
        from nyc_tlc.core.contract.model import load_contract

        file = trip_file(self.file)
        staging = self.warehouse.place.staging(file, run_key(context))
        return self.job(context).query(check_sql(staging, file, load_contract(file.taxi)))

    def finish(self, context: Context, job: Any) -> dict[str, Any]:
        from nyc_tlc.core.bigquery.check import report_of

        [row] = job.result()
        report = report_of(row)
        self.log.info("%s: %s", trip_file(self.file).name, report)
        return asdict(report)


class BigQueryMergeOperator(BigQueryJobOperator):
    """Makes the trips table hold exactly this file's rows for its month, and writes the ledger.

    One job that reads and writes one partition, and goes on though its worker dies. Returns the
    outcome, the month's rows, how many were replaced, and the ledger's load_id.

    :param landed: what TaxiDownloadOperator returned.
    :param staged: what BigQueryTransformOperator returned.
    :param report: what BigQueryCheckOdditiesOperator returned.
    :param mode: ``replace``, or ``insert_only`` as in the course.
    :param force: merge a file even if another run has merged the same one meanwhile.
    """

    template_fields: Sequence[str] = (
        *BigQueryJobOperator.template_fields, "landed", "staged", "report", "mode", "force",
    )  # fmt: skip

    operator_extra_links = (*BigQueryJobOperator.operator_extra_links, BigQueryTableLink())

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
        from nyc_tlc.core.bigquery.ledger import ensure_ledger
        from nyc_tlc.core.bigquery.merge import merge_script, merged_before, require_staging
        from nyc_tlc.core.bigquery.trips import ensure_trips_table
        from nyc_tlc.core.contract.model import load_contract
        from nyc_tlc.core.loads import MergeMode

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
        from nyc_tlc.core.bigquery.merge import merge_result

        load = self._load(context)
        result = self._merged_before or merge_result(load, job.result())
        self.log.info("%s: %s", load.file.name, result)
        describe_load(self.outlets, context, load.file, result.rows, load.landed.sha256)
        return asdict(result)

    def _load(self, context: Context) -> Load:
        from nyc_tlc.core.bigquery.merge import Load
        from nyc_tlc.core.landing.landed import LandedFile
        from nyc_tlc.core.loads import Oddities

        file = trip_file(self.file)
        return Load(
            file=file,
            run=run_of(context),
            landed=LandedFile.from_dict(self.landed),
            report=Oddities.from_dict(self.report),
            staging=self.warehouse.place.staging(file, run_key(context)),
            rejected=self.staged["rejected"],
            column_fingerprint=self.staged["column_fingerprint"],
            unknown_columns=self.staged["unknown_columns"],
        )


class BigQueryCleanUpOperator(TaxiOperator):
    """Drops the run's raw and staging tables, and purges landing; the raw object stays in its bucket.

    :param file: what BigQueryFindSensor returned; None where it skipped or failed.
    :param landing: URI of the landing folder.
    :param keep_landed: keep the downloaded file, so that it need not be fetched again.
    :param place: project, location, bucket and dataset.
    """

    template_fields: Sequence[str] = (
        "file", "landing", "keep_landed", "place", "gcp_conn_id", "impersonation_chain",
    )  # fmt: skip

    def __init__(
        self,
        *,
        file: FileFacts | None,
        landing: str,
        place: dict[str, Any],
        keep_landed: bool | str = False,
        gcp_conn_id: str = "google_cloud_default",
        impersonation_chain: str | Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.landing = landing
        self.place = place
        self.keep_landed = keep_landed
        self.gcp_conn_id = gcp_conn_id
        self.impersonation_chain = impersonation_chain

    def run_step(self, context: Context) -> None:
        from nyc_tlc.hooks.bigquery import TaxiBigQueryHook
        from nyc_tlc.hooks.landing import purge

        if not self.file:
            self.log.info("Nothing was begun, so nothing is to be cleaned up")
            return
        file = trip_file(self.file)
        if not as_bool(self.keep_landed):
            purge(f"{self.landing.rstrip('/')}/{file.landing_key}")
        hook = TaxiBigQueryHook(self.place, self.gcp_conn_id, self.impersonation_chain)
        for table in (hook.place.raw, hook.place.staging):
            hook.warehouse.drop(table(file, run_key(context)))


class BigQuerySetupOperator(TaxiOperator):
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
        from nyc_tlc.core.bigquery.setup import ensure_bucket, ensure_datasets, prove_rights
        from nyc_tlc.hooks.bigquery import TaxiBigQueryHook

        hook = TaxiBigQueryHook(self.place, self.gcp_conn_id, self.impersonation_chain)
        days = None if self.keep_raw_days in (None, "") else int(self.keep_raw_days)
        made = ensure_bucket(hook.bucket.client, hook.warehouse, days)
        datasets = ensure_datasets(hook.warehouse)
        prove_rights(hook.bucket, hook.warehouse)
        self.log.info("Ready: gs://%s and %s", hook.place.bucket, hook.place.dataset)
        return {"bucket_made": made, "datasets_made": datasets}

"""The steps of a month in BigQuery: upload, transform, load, check, merge, clean up; and the setup."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowSkipException

from nyc_tlc.core.loads import FoundFile, Load, MergeMode, Oddities, StagedMonth
from nyc_tlc.links import BigQueryTableLink
from nyc_tlc.operators.base import (
    BigQueryOperator,
    as_bool,
    describe_load,
    run_key,
    run_of,
    skip_if_loaded,
)
from nyc_tlc.operators.bigquery_job import BigQueryJobOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from nyc_tlc.core.bigquery.objects import RawObject
    from nyc_tlc.core.bigquery.prepare import PreparedMonth
    from nyc_tlc.core.loads import MergeResult


class BigQueryUploadOperator(BigQueryOperator):
    """Brings the landed file to ``gs://BUCKET/raw/…``, in resumable chunks checked by crc32c.

    Google's LocalFilesystemToGCSOperator checks nothing and cannot tell that the object exists
    already. Skips the rest of the run where the same content (by sha256) is loaded already.
    Returns the object's URI.

    :param file: what the find step returned.
    :param landed: what the download step returned.
    :param force: load a file even if it is unchanged.
    """

    template_fields: Sequence[str] = (*BigQueryOperator.template_fields, "file", "landed", "force")

    def __init__(
        self,
        *,
        file: dict[str, Any],
        landed: dict[str, Any],
        force: bool | str = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.landed = landed
        self.force = force

    def run_step(self, context: Context) -> RawObject:
        from nyc_tlc.core.bigquery.objects import upload
        from nyc_tlc.core.landing.landed import LandedFile
        from nyc_tlc.hooks.landing import local_copy

        found, landed = FoundFile.from_xcom(self.file), LandedFile.from_xcom(self.landed)
        file = found.file
        if not (as_bool(self.force) or found.altered):
            skip_if_loaded(self.hook, file, landed)
        with local_copy(landed) as path:
            return upload(self.hook.bucket, self.hook.place, file, landed, path)


class BigQueryTransformOperator(BigQueryOperator):
    """Reads the landed file, and brings its canonical rows with their unique_row_id to the bucket.

    Returns the object's URI, its rows, how many could not be read, and how the file's columns met the
    contract. Skips the rest of the run where the file was only to be brought to the bucket.

    :param file: what the find step returned.
    :param landed: what the download step returned.
    :param sent: what the upload step returned.
    :param max_rejects: how many rows that cannot be read may go to ``tlc_reject``.
    :param until: ``trips``, or ``bucket``.
    """

    template_fields: Sequence[str] = (
        *BigQueryOperator.template_fields, "file", "landed", "sent", "max_rejects", "until",
    )  # fmt: skip

    def __init__(
        self,
        *,
        file: dict[str, Any],
        landed: dict[str, Any],
        sent: dict[str, Any],
        max_rejects: int | str = 0,
        until: str = "trips",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.landed = landed
        self.sent = sent
        self.max_rejects = max_rejects
        self.until = until

    def run_step(self, context: Context) -> PreparedMonth:
        from nyc_tlc.core.bigquery.prepare import prepare
        from nyc_tlc.core.contract.model import load_contract
        from nyc_tlc.core.landing.landed import LandedFile
        from nyc_tlc.hooks.landing import local_copy

        if self.until == "bucket":
            raise AirflowSkipException(f"{self.sent['uri']} is in the bucket; until = bucket")
        file, landed = FoundFile.from_xcom(self.file).file, LandedFile.from_xcom(self.landed)
        hook, contract = self.hook, load_contract(file.taxi)
        staging = hook.place.staging(file, run_key(context))
        with local_copy(landed) as path:
            return prepare(
                hook.bucket, hook.warehouse, staging, file, landed, contract, path,
                int(self.max_rejects),
            )  # fmt: skip


class BigQueryLoadOperator(BigQueryJobOperator):
    """Loads the canonical rows into a staging table of this run alone. Load jobs cost nothing.

    Returns the table, its rows, and what the transform step found.

    :param prepared: what the transform step returned.
    """

    template_fields: Sequence[str] = (*BigQueryJobOperator.template_fields, "prepared")

    def __init__(self, *, prepared: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.prepared = prepared

    def configure(self, context: Context) -> dict[str, Any]:
        return self.job(context).load(self.prepared["uri"], self.staging_table(context))

    def finish(self, context: Context, job: Any) -> StagedMonth:
        from nyc_tlc.core.bigquery.check import staged_rows
        from nyc_tlc.core.bigquery.prepare import PreparedMonth

        staging, prepared = self.staging_table(context), PreparedMonth.from_xcom(self.prepared)
        return StagedMonth(
            schema=staging.dataset,
            name=staging.name,
            rows=staged_rows(self.warehouse, staging),
            rejected=prepared.rejected,
            columns=prepared.columns,
            unknown_columns=prepared.unknown_columns,
            column_fingerprint=prepared.column_fingerprint,
        )


class BigQueryCheckRowsOperator(BigQueryOperator):
    """Compares the staged rows with the file's count. Where one is missing, nothing is merged.

    Returns how many rows are staged.

    :param file: what the find step returned.
    :param landed: what the download step returned.
    :param staged: what the load step returned.
    """

    template_fields: Sequence[str] = (*BigQueryOperator.template_fields, "file", "landed", "staged")

    def __init__(
        self,
        *,
        file: dict[str, Any],
        landed: dict[str, Any],
        staged: dict[str, Any],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.landed = landed
        self.staged = staged

    def run_step(self, context: Context) -> int:
        from nyc_tlc.core.bigquery.check import check_rows
        from nyc_tlc.core.landing.landed import LandedFile

        file, landed = FoundFile.from_xcom(self.file).file, LandedFile.from_xcom(self.landed)
        staging = self.hook.place.staging(file, run_key(context))
        staged = StagedMonth.from_xcom(self.staged)
        return check_rows(self.hook.warehouse, staging, staged, landed, file)


class BigQueryCheckOdditiesOperator(BigQueryJobOperator):
    """Counts the staged rows that are odd. They are loaded all the same; the counts go to the ledger."""

    def configure(self, context: Context) -> dict[str, Any]:
        from nyc_tlc.core.bigquery.check import check_sql
        from nyc_tlc.core.contract.model import load_contract

        file = self.trip_file
        sql = check_sql(self.staging_table(context), file, load_contract(file.taxi))
        return self.job(context).query(sql)

    def finish(self, context: Context, job: Any) -> Oddities:
        from nyc_tlc.core.bigquery.check import oddities_of

        [row] = job.result()
        oddities = oddities_of(row)
        self.log.info("%s: %s", self.trip_file.name, oddities)
        return oddities


class BigQueryMergeOperator(BigQueryJobOperator):
    """Makes the trips table hold exactly this file's rows for its month, and writes the ledger.

    One job that reads and writes one partition, and goes on though its worker dies. Returns the
    outcome, the month's rows, how many were replaced, and the ledger's load_id.

    :param landed: what the download step returned.
    :param staged: what the load step returned.
    :param oddities: what the check_oddities step returned.
    :param mode: ``replace``, or ``insert_only`` as in the course.
    :param force: merge a file even if another run has merged the same one meanwhile.
    """

    template_fields: Sequence[str] = (
        *BigQueryJobOperator.template_fields, "landed", "staged", "oddities", "mode", "force",
    )  # fmt: skip

    operator_extra_links = (*BigQueryJobOperator.operator_extra_links, BigQueryTableLink())

    def __init__(
        self,
        *,
        landed: dict[str, Any],
        staged: dict[str, Any],
        oddities: dict[str, Any],
        mode: str = "replace",
        force: bool | str = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.landed = landed
        self.staged = staged
        self.oddities = oddities
        self.mode = mode
        self.force = force
        self._already_merged: MergeResult | None = None

    def configure(self, context: Context) -> dict[str, Any] | None:
        from nyc_tlc.core.bigquery.check import staged_rows
        from nyc_tlc.core.bigquery.ledger import ensure_ledger, latest_load
        from nyc_tlc.core.bigquery.merge import already_merged, merge_script
        from nyc_tlc.core.bigquery.trips import ensure_trips_table
        from nyc_tlc.core.contract.model import load_contract

        load, staging = self._load(context), self.staging_table(context)
        latest = latest_load(self.warehouse, load.file)
        force = as_bool(self.force) or FoundFile.from_xcom(self.file).altered
        self._already_merged = already_merged(self.warehouse, latest, load, staging, force)
        if self._already_merged:
            return None
        staged_rows(self.warehouse, staging)
        contract = load_contract(load.file.taxi)
        ensure_trips_table(self.warehouse, contract)
        ensure_ledger(self.warehouse)
        mode = MergeMode(self.mode)
        sql, row = merge_script(self.hook.place, load, staging, contract, mode, latest)
        return self.job(context).query(sql, **row)

    def finish(self, context: Context, job: Any) -> MergeResult:
        from nyc_tlc.core.bigquery.merge import merge_result

        load = self._load(context)
        result = self._already_merged or merge_result(job)
        self.log.info("%s: %s", load.file.name, result)
        describe_load(self.outlets, context, load, result)
        return result

    def _load(self, context: Context) -> Load:
        from nyc_tlc.core.landing.landed import LandedFile

        return Load(
            self.trip_file,
            run_of(context),
            LandedFile.from_xcom(self.landed),
            StagedMonth.from_xcom(self.staged),
            Oddities.from_xcom(self.oddities),
            newest_at_find=FoundFile.from_xcom(self.file).newest_load,
        )


class BigQueryCleanUpOperator(BigQueryOperator):
    """Drops the run's staging table and its rows in the bucket, and purges landing; the raw object stays.

    :param file: what the find step returned; None where it skipped or failed.
    :param landing: URI of the landing folder.
    :param keep_landed: keep the downloaded file, so that it need not be fetched again.
    """

    template_fields: Sequence[str] = (
        *BigQueryOperator.template_fields, "file", "landing", "keep_landed",
    )  # fmt: skip

    def __init__(
        self,
        *,
        file: dict[str, Any] | None,
        landing: str,
        keep_landed: bool | str = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.landing = landing
        self.keep_landed = keep_landed

    def run_step(self, context: Context) -> None:
        from nyc_tlc.core.bigquery.prepare import forget_prepared
        from nyc_tlc.hooks.landing import Landing

        if not self.file:
            self.log.info("Nothing to clean up")
            return
        file = FoundFile.from_xcom(self.file).file
        if not as_bool(self.keep_landed):
            Landing(self.landing).purge(file.landing_key)
        hook = self.hook
        staging = hook.place.staging(file, run_key(context))
        hook.warehouse.drop(staging)
        forget_prepared(hook.bucket, hook.warehouse, staging)


class BigQuerySetupOperator(BigQueryOperator):
    """Makes bucket and datasets where they are missing, and proves that a load may use them.

    Google's GCSCreateBucketOperator takes a bucket that somebody else owns for one of ours, and
    neither it nor the dataset's operator compares locations. Returns what was made.

    :param keep_raw_days: age at which the bucket deletes raw files; 0 keeps them, empty leaves the
        bucket's rule as it is.
    """

    template_fields: Sequence[str] = (*BigQueryOperator.template_fields, "keep_raw_days")

    def __init__(self, *, keep_raw_days: int | str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keep_raw_days = keep_raw_days

    def run_step(self, context: Context) -> dict[str, Any]:
        from nyc_tlc.core.bigquery.setup import ensure_bucket, ensure_datasets, prove_rights

        hook = self.hook
        days = None if self.keep_raw_days in (None, "") else int(self.keep_raw_days)
        made = ensure_bucket(hook.bucket.client, hook.warehouse, days)
        datasets = ensure_datasets(hook.warehouse)
        prove_rights(hook.bucket, hook.warehouse)
        self.log.info("Ready: gs://%s and %s", hook.place.bucket, hook.place.dataset)
        return {"bucket_made": made, "datasets_made": datasets}

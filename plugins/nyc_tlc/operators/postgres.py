"""The steps of a month in Postgres: stage, check rows, check oddities, merge, clean up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nyc_tlc.links import LedgerRowLink, TripsTableLink
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

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context


class PostgresStageOperator(TaxiOperator):
    """Reads the landed file by its contract, into a staging table of this run alone.

    Skips the rest of the run where the same content (by sha256) is loaded whole already, as from a
    source without ETags. Returns the table's name, its rows, and the file's columns.

    :param file: what TaxiFindOperator returned.
    :param landed: what TaxiDownloadOperator returned.
    :param force: load a file even if it is unchanged.
    :param max_rejects: how many rows that cannot be read may go to ``tlc_reject``.
    :param schema: schema of the trips tables, the ledger and ``tlc_reject``.
    :param staging_schema: schema of the staging tables; made if missing.
    """

    template_fields: Sequence[str] = (
        "file", "landed", "force", "max_rejects", "schema", "staging_schema", "postgres_conn_id",
    )  # fmt: skip

    def __init__(
        self,
        *,
        file: FileFacts,
        landed: dict[str, Any],
        force: bool | str = False,
        max_rejects: int | str = 0,
        schema: str = "public",
        staging_schema: str = "staging",
        postgres_conn_id: str = "tlc_postgres",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.landed = landed
        self.force = force
        self.max_rejects = max_rejects
        self.schema = schema
        self.staging_schema = staging_schema
        self.postgres_conn_id = postgres_conn_id

    def run_step(self, context: Context) -> dict[str, Any]:
        from nyc_tlc.core.contract.model import load_contract
        from nyc_tlc.core.landing.landed import LandedFile
        from nyc_tlc.core.postgres.stage import stage
        from nyc_tlc.core.postgres.tables import Table
        from nyc_tlc.hooks.landing import local_copy
        from nyc_tlc.hooks.postgres import TaxiPostgresHook

        file, landed = trip_file(self.file), LandedFile.from_dict(self.landed)
        table = Table(self.staging_schema, file.staging_table(run_key(context)))
        hook = TaxiPostgresHook(self.postgres_conn_id, trips_schema=self.schema)
        if not as_bool(self.force):
            skip_if_loaded(hook, file, landed)
        with hook.get_conn() as connection, local_copy(landed) as path:
            staged = stage(
                connection, table, file, landed, load_contract(file.taxi), path,
                rejects_schema=self.schema, max_rejects=int(self.max_rejects),
            )  # fmt: skip
        return asdict(staged)


class PostgresCheckRowsOperator(TaxiOperator):
    """Compares the staged rows with the file's count. Where one is missing, nothing is merged.

    Returns how many rows are staged.

    :param file: what the find step returned.
    :param landed: what TaxiDownloadOperator returned.
    :param staged: what PostgresStageOperator returned.
    """

    template_fields: Sequence[str] = ("file", "landed", "staged", "postgres_conn_id")

    def __init__(
        self,
        *,
        file: FileFacts,
        landed: dict[str, Any],
        staged: dict[str, Any],
        postgres_conn_id: str = "tlc_postgres",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.landed = landed
        self.staged = staged
        self.postgres_conn_id = postgres_conn_id

    def run_step(self, context: Context) -> dict[str, Any]:
        from nyc_tlc.core.postgres.check import check_rows
        from nyc_tlc.core.postgres.stage import StagedTable
        from nyc_tlc.hooks.postgres import TaxiPostgresHook

        file, staged = trip_file(self.file), StagedTable.from_dict(self.staged)
        with TaxiPostgresHook(self.postgres_conn_id).get_conn() as connection:
            return {"rows_staged": check_rows(connection, staged, self.landed["rows"], file)}


class PostgresCheckOdditiesOperator(TaxiOperator):
    """Counts the staged rows that are odd. They are loaded all the same, and go on record.

    :param file: what the find step returned.
    :param staged: what PostgresStageOperator returned.
    """

    template_fields: Sequence[str] = ("file", "staged", "postgres_conn_id")

    def __init__(
        self,
        *,
        file: FileFacts,
        staged: dict[str, Any],
        postgres_conn_id: str = "tlc_postgres",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.staged = staged
        self.postgres_conn_id = postgres_conn_id

    def run_step(self, context: Context) -> dict[str, Any]:
        from nyc_tlc.core.contract.model import load_contract
        from nyc_tlc.core.postgres.check import count_oddities
        from nyc_tlc.core.postgres.stage import StagedTable
        from nyc_tlc.hooks.postgres import TaxiPostgresHook

        file, staged = trip_file(self.file), StagedTable.from_dict(self.staged)
        with TaxiPostgresHook(self.postgres_conn_id).get_conn() as connection:
            return asdict(count_oddities(connection, staged, file, load_contract(file.taxi)))


class PostgresMergeOperator(TaxiOperator):
    """Makes the trips table hold exactly this file's rows for its month, and writes the ledger.

    Returns the outcome, the month's rows, how many were replaced, and the ledger's load_id.

    :param file: what TaxiFindOperator returned.
    :param landed: what TaxiDownloadOperator returned.
    :param staged: what PostgresStageOperator returned.
    :param report: what PostgresCheckOdditiesOperator returned.
    :param mode: ``replace``, or ``insert_only`` as in the course.
    :param force: merge a file even if another run has merged the same one meanwhile.
    :param schema: schema of the trips tables and the ledger; made if missing.
    """

    template_fields: Sequence[str] = (
        "file", "landed", "staged", "report", "mode", "force", "schema", "postgres_conn_id",
    )  # fmt: skip

    operator_extra_links = (TripsTableLink(), LedgerRowLink())

    def __init__(
        self,
        *,
        file: FileFacts,
        landed: dict[str, Any],
        staged: dict[str, Any],
        report: dict[str, Any],
        mode: str = "replace",
        force: bool | str = False,
        schema: str = "public",
        postgres_conn_id: str = "tlc_postgres",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.landed = landed
        self.staged = staged
        self.report = report
        self.mode = mode
        self.force = force
        self.schema = schema
        self.postgres_conn_id = postgres_conn_id
        self._rows: int | None = None
        self.load_id: int | None = None  # for its link

    def run_step(self, context: Context) -> dict[str, Any]:
        from nyc_tlc.core.contract.model import load_contract
        from nyc_tlc.core.landing.landed import LandedFile
        from nyc_tlc.core.loads import MergeMode, Oddities
        from nyc_tlc.core.postgres.merge import Load, merge
        from nyc_tlc.core.postgres.stage import StagedTable
        from nyc_tlc.hooks.postgres import TaxiPostgresHook

        load = Load(
            trip_file(self.file),
            run_of(context),
            LandedFile.from_dict(self.landed),
            StagedTable.from_dict(self.staged),
            Oddities.from_dict(self.report),
            newest_at_find=self.file.get("newest_load"),
        )
        contract, mode = load_contract(load.file.taxi), MergeMode(self.mode)
        with TaxiPostgresHook(self.postgres_conn_id).get_conn() as connection:
            merged = merge(connection, load, contract, self.schema, mode, as_bool(self.force))
        describe_load(self.outlets, context, load.file, merged.rows, load.landed.sha256)
        self._rows, self.load_id = merged.rows, merged.load_id
        return asdict(merged)

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage:
        from nyc_tlc.core.contract.model import load_contract
        from nyc_tlc.hooks.postgres import TaxiPostgresHook
        from nyc_tlc.lineage import file_dataset, lineage, postgres_table_written

        taxi = trip_file(self.file).taxi
        connection = TaxiPostgresHook.get_connection(self.postgres_conn_id)
        written = postgres_table_written(
            connection, self.schema, taxi.trips_table, self._rows, load_contract(taxi).columns
        )
        return lineage([file_dataset(self.landed["uri"])], [written])


class PostgresCleanUpOperator(TaxiOperator):
    """Drops the run's staging table where a failed run left it, and purges landing if asked to.

    :param file: what TaxiFindOperator returned; None where it skipped or failed.
    :param landing: URI of the landing folder.
    :param keep_landed: keep the downloaded file, so that it need not be fetched again.
    """

    template_fields: Sequence[str] = (
        "file", "landing", "keep_landed", "staging_schema", "postgres_conn_id",
    )  # fmt: skip

    def __init__(
        self,
        *,
        file: FileFacts | None,
        landing: str,
        keep_landed: bool | str = True,
        staging_schema: str = "staging",
        postgres_conn_id: str = "tlc_postgres",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.landing = landing
        self.keep_landed = keep_landed
        self.staging_schema = staging_schema
        self.postgres_conn_id = postgres_conn_id

    def run_step(self, context: Context) -> None:
        from nyc_tlc.core.postgres.stage import clean_up
        from nyc_tlc.core.postgres.tables import Table
        from nyc_tlc.hooks.landing import purge
        from nyc_tlc.hooks.postgres import TaxiPostgresHook

        if not self.file:
            self.log.info("Nothing was begun, so nothing is to be cleaned up")
            return
        file = trip_file(self.file)
        with TaxiPostgresHook(self.postgres_conn_id).get_conn() as connection:
            clean_up(connection, Table(self.staging_schema, file.staging_table(run_key(context))))
        if not as_bool(self.keep_landed):
            purge(f"{self.landing.rstrip('/')}/{file.landing_key}")

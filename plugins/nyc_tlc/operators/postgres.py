"""The steps of a month in Postgres: stage, check rows, check oddities, merge, clean up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nyc_tlc.core.loads import FoundFile, Load, MergeMode, Oddities, StagedMonth
from nyc_tlc.links import LedgerRowLink, TripsTableLink
from nyc_tlc.operators.base import (
    PostgresOperator,
    as_bool,
    describe_load,
    run_key,
    run_of,
    skip_if_loaded,
)

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context

    from nyc_tlc.core.loads import MergeResult


class PostgresStageOperator(PostgresOperator):
    """Reads the landed file by its contract, into a staging table of this run alone.

    Skips the rest of the run where the same content (by sha256) is loaded already, as from a source
    without ETags. Returns the table's name, its rows, and the file's columns.

    :param file: what the find step returned.
    :param landed: what the download step returned.
    :param force: load a file even if it is unchanged.
    :param max_rejects: how many rows that cannot be read may go to ``tlc_reject``.
    :param staging_schema: schema of the staging tables; made if missing.
    """

    template_fields: Sequence[str] = (
        *PostgresOperator.template_fields,
        "file", "landed", "force", "max_rejects", "staging_schema",
    )  # fmt: skip

    def __init__(
        self,
        *,
        file: dict[str, Any],
        landed: dict[str, Any],
        force: bool | str = False,
        max_rejects: int | str = 0,
        staging_schema: str = "staging",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.landed = landed
        self.force = force
        self.max_rejects = max_rejects
        self.staging_schema = staging_schema

    def run_step(self, context: Context) -> StagedMonth:
        from nyc_tlc.core.contract.model import load_contract
        from nyc_tlc.core.landing.landed import LandedFile
        from nyc_tlc.core.postgres.stage import stage
        from nyc_tlc.core.postgres.tables import PostgresTable
        from nyc_tlc.hooks.landing import local_copy

        found, landed = FoundFile.from_xcom(self.file), LandedFile.from_xcom(self.landed)
        file = found.file
        table = PostgresTable(self.staging_schema, file.staging_table(run_key(context)))
        if not (as_bool(self.force) or found.altered):
            skip_if_loaded(self.hook, file, landed)
        with self.hook.get_conn() as connection, local_copy(landed) as path:
            return stage(
                connection, table, file, landed, load_contract(file.taxi), path,
                rejects_schema=self.schema, max_rejects=int(self.max_rejects),
            )  # fmt: skip


class PostgresCheckRowsOperator(PostgresOperator):
    """Compares the staged rows with the file's. Where one is missing, nothing is merged.

    Returns how many rows are staged.

    :param file: what the find step returned.
    :param landed: what the download step returned.
    :param staged: what the stage step returned.
    """

    template_fields: Sequence[str] = (*PostgresOperator.template_fields, "file", "landed", "staged")

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
        from nyc_tlc.core.landing.landed import LandedFile
        from nyc_tlc.core.postgres.check import check_rows

        file, landed = FoundFile.from_xcom(self.file).file, LandedFile.from_xcom(self.landed)
        with self.hook.get_conn() as connection:
            return check_rows(connection, StagedMonth.from_xcom(self.staged), landed, file)


class PostgresCheckOdditiesOperator(PostgresOperator):
    """Reports the staged rows that are odd, and makes the planner's statistics of the staging table.

    The stage step counts odd rows while it sends them. They are loaded all the same; the counts go to the
    ledger.

    :param file: what the find step returned.
    :param staged: what the stage step returned.
    """

    template_fields: Sequence[str] = (*PostgresOperator.template_fields, "file", "staged")

    def __init__(self, *, file: dict[str, Any], staged: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.staged = staged

    def run_step(self, context: Context) -> Oddities:
        from nyc_tlc.core.postgres.check import check_oddities

        file, staged = FoundFile.from_xcom(self.file).file, StagedMonth.from_xcom(self.staged)
        with self.hook.get_conn() as connection:
            return check_oddities(connection, staged, file)


class PostgresMergeOperator(PostgresOperator):
    """Makes the trips table hold exactly this file's rows for its month, and writes the ledger.

    Returns the outcome, the month's rows, how many were replaced, and the ledger's load_id.

    :param file: what the find step returned.
    :param landed: what the download step returned.
    :param staged: what the stage step returned.
    :param oddities: what the check_oddities step returned.
    :param mode: ``replace``, or ``insert_only`` as in the course.
    :param force: merge a file even if another run has merged the same one meanwhile.
    """

    template_fields: Sequence[str] = (
        *PostgresOperator.template_fields,
        "file", "landed", "staged", "oddities", "mode", "force",
    )  # fmt: skip

    operator_extra_links = (TripsTableLink(), LedgerRowLink())

    def __init__(
        self,
        *,
        file: dict[str, Any],
        landed: dict[str, Any],
        staged: dict[str, Any],
        oddities: dict[str, Any],
        mode: str = "replace",
        force: bool | str = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.landed = landed
        self.staged = staged
        self.oddities = oddities
        self.mode = mode
        self.force = force
        self._rows: int | None = None
        self.load_id: int | None = None  # for its link

    def run_step(self, context: Context) -> MergeResult:
        from nyc_tlc.core.contract.model import load_contract
        from nyc_tlc.core.landing.landed import LandedFile
        from nyc_tlc.core.postgres.merge import merge

        found = FoundFile.from_xcom(self.file)
        load = Load(
            found.file,
            run_of(context),
            LandedFile.from_xcom(self.landed),
            StagedMonth.from_xcom(self.staged),
            Oddities.from_xcom(self.oddities),
            newest_at_find=found.newest_load,
        )
        contract, mode = load_contract(load.file.taxi), MergeMode(self.mode)
        force = as_bool(self.force) or found.altered
        with self.hook.get_conn() as connection:
            merged = merge(connection, load, contract, self.schema, mode, force)
        describe_load(self.outlets, context, load, merged)
        self._rows, self.load_id = merged.rows, merged.load_id
        return merged

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage:
        from nyc_tlc.core.contract.model import load_contract
        from nyc_tlc.lineage import file_dataset, lineage, postgres_table_written

        taxi = FoundFile.from_xcom(self.file).file.taxi
        connection = self.hook.get_connection(self.postgres_conn_id)
        written = postgres_table_written(
            connection, self.schema, taxi.trips_table, self._rows, load_contract(taxi).columns
        )
        return lineage([file_dataset(self.landed["uri"])], [written])


class PostgresCleanUpOperator(PostgresOperator):
    """Drops the run's staging table where a failed run left it, and purges landing if asked to.

    :param file: what the find step returned; None where it skipped or failed.
    :param landing: URI of the landing folder.
    :param keep_landed: keep the downloaded file, so that it need not be fetched again.
    :param staging_schema: schema of the staging tables.
    """

    template_fields: Sequence[str] = (
        *PostgresOperator.template_fields, "file", "landing", "keep_landed", "staging_schema",
    )  # fmt: skip

    def __init__(
        self,
        *,
        file: dict[str, Any] | None,
        landing: str,
        keep_landed: bool | str = True,
        staging_schema: str = "staging",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.landing = landing
        self.keep_landed = keep_landed
        self.staging_schema = staging_schema

    def run_step(self, context: Context) -> None:
        from nyc_tlc.core.postgres.stage import clean_up
        from nyc_tlc.core.postgres.tables import PostgresTable
        from nyc_tlc.hooks.landing import Landing

        if not self.file:
            self.log.info("Nothing to clean up")
            return
        file = FoundFile.from_xcom(self.file).file
        staging = PostgresTable(self.staging_schema, file.staging_table(run_key(context)))
        with self.hook.get_conn() as connection:
            clean_up(connection, staging)
        if not as_bool(self.keep_landed):
            Landing(self.landing).purge(file.landing_key)

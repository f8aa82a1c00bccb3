"""The merging step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nyc_tlc.links import LedgerRowLink, TripsTableLink
from nyc_tlc.operators.base import (
    FileFacts,
    TaxiOperator,
    as_bool,
    run_of,
    tell_of_load,
    trip_file,
)

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context


class TaxiMergeOperator(TaxiOperator):
    """Makes the trips table hold exactly this file's rows for its month, and writes the ledger.

    Returns the outcome, the month's rows, how many were replaced, and the ledger's load_id.

    :param file: what TaxiFindOperator returned.
    :param landed: what TaxiDownloadOperator returned.
    :param staged: what TaxiStageOperator returned.
    :param report: what TaxiCheckOdditiesOperator returned.
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
        from nyc_tlc.contract import load_contract
        from nyc_tlc.hooks.postgres import WarehousePostgresHook
        from nyc_tlc.landing import LandedFile
        from nyc_tlc.loads import CheckReport, MergeMode
        from nyc_tlc.postgres.merge import Load, merge
        from nyc_tlc.postgres.stage import StagedTable

        load = Load(
            trip_file(self.file),
            run_of(context),
            LandedFile.from_dict(self.landed),
            StagedTable.from_dict(self.staged),
            CheckReport.from_dict(self.report),
        )
        contract, mode = load_contract(load.file.taxi), MergeMode(self.mode)
        with WarehousePostgresHook(self.postgres_conn_id).get_conn() as connection:
            merged = merge(connection, load, contract, self.schema, mode, as_bool(self.force))
        tell_of_load(self.outlets, context, load.file, merged.rows, load.landed.sha256)
        self._rows, self.load_id = merged.rows, merged.load_id
        return asdict(merged)

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage:
        from nyc_tlc.contract import load_contract
        from nyc_tlc.hooks.postgres import WarehousePostgresHook
        from nyc_tlc.lineage import file_dataset, lineage, postgres_table_written

        taxi = trip_file(self.file).taxi
        connection = WarehousePostgresHook.get_connection(self.postgres_conn_id)
        written = postgres_table_written(
            connection, self.schema, taxi.trips_table, self._rows, load_contract(taxi).columns
        )
        return lineage([file_dataset(self.landed["uri"])], [written])

"""The staging step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nyc_tlc.operators.base import (
    FileFacts,
    TaxiOperator,
    as_bool,
    run_key,
    skip_if_loaded,
    trip_file,
)

if TYPE_CHECKING:
    from airflow.sdk import Context


class TaxiStageOperator(TaxiOperator):
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
        from nyc_tlc.contract import load_contract
        from nyc_tlc.hooks.landing import local_copy
        from nyc_tlc.hooks.postgres import WarehousePostgresHook
        from nyc_tlc.landing import LandedFile
        from nyc_tlc.postgres.stage import stage
        from nyc_tlc.postgres.tables import Table

        file, landed = trip_file(self.file), LandedFile.from_dict(self.landed)
        table = Table(self.staging_schema, file.staging_table(run_key(context)))
        hook = WarehousePostgresHook(self.postgres_conn_id, trips_schema=self.schema)
        if not as_bool(self.force):
            skip_if_loaded(hook, file, landed)
        with hook.get_conn() as connection, local_copy(landed) as path:
            staged = stage(
                connection, table, file, landed, load_contract(file.taxi), path,
                rejects_schema=self.schema, max_rejects=int(self.max_rejects),
            )  # fmt: skip
        return asdict(staged)

"""The last step, whatever happened before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nyc_tlc.operators.base import FileFacts, TaxiOperator, as_bool, run_key, trip_file

if TYPE_CHECKING:
    from airflow.sdk import Context


class TaxiCleanUpOperator(TaxiOperator):
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
        from nyc_tlc.hooks.landing import purge
        from nyc_tlc.hooks.postgres import WarehousePostgresHook
        from nyc_tlc.postgres.stage import drop_staging
        from nyc_tlc.postgres.tables import Table

        if not self.file:
            self.log.info("Nothing was begun, so nothing is to be cleaned up")
            return
        file = trip_file(self.file)
        with WarehousePostgresHook(self.postgres_conn_id).get_conn() as connection:
            drop_staging(
                connection, Table(self.staging_schema, file.staging_table(run_key(context)))
            )
        if not as_bool(self.keep_landed):
            purge(f"{self.landing.rstrip('/')}/{file.landing_key}")

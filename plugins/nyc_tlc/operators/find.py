"""The first step: which month, where is its file, and is it loaded already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nyc_tlc.catalog import TripFile
from nyc_tlc.operators.base import TaxiOperator, as_bool, skip_if_loaded
from nyc_tlc.run_month import resolve_month

if TYPE_CHECKING:
    from airflow.sdk import Context


class TaxiFindOperator(TaxiOperator):
    """Settles the run's month and asks the source for its file, without fetching it.

    Skips the rest of the run where the ledger has this very file (by ETag and length) with all its
    rows still in the trips table, unless ``force``. Returns taxi, month, source, url.

    :param taxi: yellow, green, fhv or fhvhv.
    :param month: ``YYYY-MM``; empty for the month of the run's data interval.
    :param source: ``parquet`` (TLC) or ``csv`` (the mirror).
    :param force: load a file even if it is unchanged.
    :param schema: schema of the trips tables and the ledger.
    """

    template_fields: Sequence[str] = (
        "taxi", "month", "source", "force", "schema", "tlc_conn_id", "postgres_conn_id",
    )  # fmt: skip

    def __init__(
        self,
        *,
        taxi: str,
        month: str | None = None,
        source: str = "parquet",
        force: bool | str = False,
        schema: str = "public",
        tlc_conn_id: str = "tlc_default",
        postgres_conn_id: str = "tlc_postgres",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.taxi = taxi
        self.month = month
        self.source = source
        self.force = force
        self.schema = schema
        self.tlc_conn_id = tlc_conn_id
        self.postgres_conn_id = postgres_conn_id

    def run_step(self, context: Context) -> dict[str, Any]:
        from nyc_tlc.hooks.postgres import WarehousePostgresHook
        from nyc_tlc.hooks.tlc import TlcHook

        month = resolve_month(self.month, context.get("data_interval_start"))
        file = TripFile.of(self.taxi, str(month), self.source)
        found = TlcHook(self.tlc_conn_id).probe(file)
        if not as_bool(self.force):
            with WarehousePostgresHook(self.postgres_conn_id).get_conn() as connection:
                skip_if_loaded(connection, self.schema, file, found)
        self.log.info("%s is to be loaded from %s", file.name, found.url)
        return {"taxi": file.taxi, "month": str(month), "source": file.source, "url": found.url}

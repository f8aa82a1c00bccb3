"""The first step: which month, where is its file, and is it loaded already."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nyc_tlc.catalog import TripFile
from nyc_tlc.operators.base import TaxiOperator, as_bool, skip_if_loaded
from nyc_tlc.run_month import resolve_month

if TYPE_CHECKING:
    from airflow.sdk import Context

    from nyc_tlc.ledger import Ledger


class FindOperator(TaxiOperator):
    """Settles the run's month and asks the source for its file, without fetching it.

    A warehouse's own find step names its connection, and gives its hook as ``ledger``.

    :param taxi: yellow, green, fhv or fhvhv.
    :param month: ``YYYY-MM``; empty for the month of the run's data interval.
    :param source: ``parquet`` (TLC) or ``csv`` (the mirror).
    :param force: load a file even if it is unchanged.
    """

    template_fields: Sequence[str] = ("taxi", "month", "source", "force", "tlc_conn_id")

    def __init__(
        self,
        *,
        taxi: str,
        month: str | None = None,
        source: str = "parquet",
        force: bool | str = False,
        tlc_conn_id: str = "tlc_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.taxi = taxi
        self.month = month
        self.source = source
        self.force = force
        self.tlc_conn_id = tlc_conn_id

    @abstractmethod
    def ledger(self) -> Ledger:
        """The warehouse's hook; also asked by ``nyc_tlc.failures``."""

    def run_step(self, context: Context) -> dict[str, Any]:
        from nyc_tlc.hooks.tlc import TlcHook

        interval = context.get("data_interval_start"), context.get("data_interval_end")
        month = resolve_month(self.month, *interval)
        file = TripFile.of(self.taxi, str(month), self.source)
        found = TlcHook(self.tlc_conn_id).probe(file)
        if not as_bool(self.force):
            skip_if_loaded(self.ledger(), file, found)
        self.log.info("%s is to be loaded from %s", file.name, found.url)
        return {"taxi": file.taxi, "month": str(month), "source": file.source, "url": found.url}


class TaxiFindOperator(FindOperator):
    """Settles the run's month and asks the source for its file, without fetching it.

    Skips the rest of the run where the ledger has this very file (by ETag and length) with all its
    rows still in the trips table, unless ``force``. Returns taxi, month, source, url.

    :param schema: schema of the trips tables and the ledger, in Postgres.
    """

    template_fields: Sequence[str] = (*FindOperator.template_fields, "schema", "postgres_conn_id")

    def __init__(
        self, *, schema: str = "public", postgres_conn_id: str = "tlc_postgres", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.schema = schema
        self.postgres_conn_id = postgres_conn_id

    def ledger(self) -> Ledger:
        from nyc_tlc.hooks.postgres import WarehousePostgresHook

        return WarehousePostgresHook(self.postgres_conn_id, trips_schema=self.schema)

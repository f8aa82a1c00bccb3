"""The taxi zones: one small file, one step."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nyc_tlc.hooks.connections import SOURCE
from nyc_tlc.operators.base import BigQueryOperator, PostgresOperator, TaxiOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from nyc_tlc.core.zones import Zone


class ZonesOperator(TaxiOperator):
    """Downloads the taxi zone lookup and makes the table ``taxi_zone_lookup`` hold it.

    Returns how many zones there are.

    :param landing: URI of the landing folder.
    :param tlc_conn_id: the connection to the source.
    """

    template_fields: Sequence[str] = ("landing", "tlc_conn_id")

    def __init__(self, *, landing: str, tlc_conn_id: str = SOURCE, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.landing = landing
        self.tlc_conn_id = tlc_conn_id

    @abstractmethod
    def load_zones(self, zones: list[Zone]) -> int:
        """Replace the table's rows; returns how many there are."""

    def run_step(self, context: Context) -> dict[str, Any]:
        return {"zones": self.load_zones(download_zones(self.landing, self.tlc_conn_id))}


class PostgresZonesOperator(ZonesOperator, PostgresOperator):
    """The zones in Postgres: a ZonesOperator."""

    template_fields: Sequence[str] = (
        *PostgresOperator.template_fields, *ZonesOperator.template_fields,
    )  # fmt: skip

    def load_zones(self, zones: list[Zone]) -> int:
        from nyc_tlc.core.postgres.zones import load_zones

        with self.hook.get_conn() as connection:
            return load_zones(connection, self.schema, zones)


class BigQueryZonesOperator(ZonesOperator, BigQueryOperator):
    """The zones in BigQuery: a ZonesOperator."""

    template_fields: Sequence[str] = (
        *BigQueryOperator.template_fields, *ZonesOperator.template_fields,
    )  # fmt: skip

    def load_zones(self, zones: list[Zone]) -> int:
        from nyc_tlc.core.bigquery.zones import load_zones

        return load_zones(self.hook.warehouse, zones)


def download_zones(landing: str, tlc_conn_id: str) -> list[Zone]:
    from nyc_tlc.core.zones import read_zones
    from nyc_tlc.hooks.landing import Landing, local_copy
    from nyc_tlc.hooks.tlc import TlcHook

    url = TlcHook(tlc_conn_id).zones_url()
    landed = Landing(landing).fetch(url, "zones/taxi_zone_lookup.csv")
    with local_copy(landed) as path:
        return read_zones(path)

"""The taxi zones: one small file, one step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nyc_tlc.hooks.connections import SOURCE
from nyc_tlc.operators.base import BigQueryOperator, PostgresOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from nyc_tlc.core.zones import Zone


class PostgresZonesOperator(PostgresOperator):
    """Downloads the taxi zone lookup and makes the table ``taxi_zone_lookup`` hold it.

    Returns how many zones there are.

    :param landing: URI of the landing folder.
    :param tlc_conn_id: the connection to the source.
    """

    template_fields: Sequence[str] = (*PostgresOperator.template_fields, "landing", "tlc_conn_id")

    def __init__(self, *, landing: str, tlc_conn_id: str = SOURCE, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.landing = landing
        self.tlc_conn_id = tlc_conn_id

    def run_step(self, context: Context) -> dict[str, Any]:
        from nyc_tlc.core.postgres.zones import load_zones

        zones = download_zones(self.landing, self.tlc_conn_id)
        with self.hook.get_conn() as connection:
            return {"zones": load_zones(connection, self.schema, zones)}


class BigQueryZonesOperator(BigQueryOperator):
    """Downloads the taxi zone lookup and makes the table ``taxi_zone_lookup`` hold it.

    Returns how many zones there are.

    :param landing: URI of the landing folder.
    :param tlc_conn_id: the connection to the source.
    """

    template_fields: Sequence[str] = (*BigQueryOperator.template_fields, "landing", "tlc_conn_id")

    def __init__(self, *, landing: str, tlc_conn_id: str = SOURCE, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.landing = landing
        self.tlc_conn_id = tlc_conn_id

    def run_step(self, context: Context) -> dict[str, Any]:
        from nyc_tlc.core.bigquery.zones import load_zones

        zones = download_zones(self.landing, self.tlc_conn_id)
        return {"zones": load_zones(self.hook.warehouse, zones)}


def download_zones(landing: str, tlc_conn_id: str) -> list[Zone]:
    from nyc_tlc.core.zones import read_zones
    from nyc_tlc.hooks.landing import Landing, local_copy
    from nyc_tlc.hooks.tlc import TlcHook

    url = TlcHook(tlc_conn_id).zones_url()
    landed = Landing(landing).fetch(url, "zones/taxi_zone_lookup.csv")
    with local_copy(landed) as path:
        return read_zones(path)

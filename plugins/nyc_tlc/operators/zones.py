"""The taxi zones: their names and their shapes, each one small file and one step."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowSkipException

from nyc_tlc.core.errors import NotPublishedError
from nyc_tlc.hooks.connections import SOURCE
from nyc_tlc.operators.base import BigQueryOperator, PostgresOperator, TaxiOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from nyc_tlc.core.shapes.archive import ZoneShape
    from nyc_tlc.core.zones import Zone


class ZoneFileOperator(TaxiOperator):
    """Downloads a file of the zones and makes a table hold it.

    :param landing: URI of the landing folder.
    :param tlc_conn_id: the connection to the source.
    """

    template_fields: Sequence[str] = ("landing", "tlc_conn_id")

    def __init__(self, *, landing: str, tlc_conn_id: str = SOURCE, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.landing = landing
        self.tlc_conn_id = tlc_conn_id


class ZonesOperator(ZoneFileOperator):
    """Downloads the taxi zone lookup and makes the table ``taxi_zone_lookup`` hold it.

    Returns how many zones there are.

    :param landing: URI of the landing folder.
    :param tlc_conn_id: the connection to the source.
    """

    @abstractmethod
    def load_zones(self, zones: list[Zone]) -> int:
        """Replace the table's rows; returns how many there are."""

    def run_step(self, context: Context) -> dict[str, Any]:
        return {"zones": self.load_zones(download_zones(self.landing, self.tlc_conn_id))}


class ZoneShapesOperator(ZoneFileOperator):
    """Downloads the archive of the zones' shapes and makes the table ``taxi_zone_shape`` hold them as
    GeoJSON. Skipped where the source has no such archive: only maps need it.

    Returns how many shapes there are.

    :param landing: URI of the landing folder.
    :param tlc_conn_id: the connection to the source.
    """

    @abstractmethod
    def load_shapes(self, shapes: list[ZoneShape]) -> int:
        """Replace the table's rows; returns how many there are."""

    def run_step(self, context: Context) -> dict[str, Any]:
        try:
            shapes = download_shapes(self.landing, self.tlc_conn_id)
        except NotPublishedError as error:
            raise AirflowSkipException(
                f"The source has no shapes of the zones, so reports have no map: {error}"
            ) from error
        return {"shapes": self.load_shapes(shapes)}


class PostgresZonesOperator(ZonesOperator, PostgresOperator):
    """The zones in Postgres: a ZonesOperator."""

    template_fields: Sequence[str] = (
        *PostgresOperator.template_fields, *ZonesOperator.template_fields,
    )  # fmt: skip

    def load_zones(self, zones: list[Zone]) -> int:
        from nyc_tlc.core.postgres.zones import load_zones

        with self.hook.get_conn() as connection:
            return load_zones(connection, self.schema, zones)


class PostgresZoneShapesOperator(ZoneShapesOperator, PostgresOperator):
    """The zones' shapes in Postgres: a ZoneShapesOperator."""

    template_fields: Sequence[str] = (
        *PostgresOperator.template_fields, *ZoneShapesOperator.template_fields,
    )  # fmt: skip

    def load_shapes(self, shapes: list[ZoneShape]) -> int:
        from nyc_tlc.core.postgres.zones import load_shapes

        with self.hook.get_conn() as connection:
            return load_shapes(connection, self.schema, shapes)


class BigQueryZonesOperator(ZonesOperator, BigQueryOperator):
    """The zones in BigQuery: a ZonesOperator."""

    template_fields: Sequence[str] = (
        *BigQueryOperator.template_fields, *ZonesOperator.template_fields,
    )  # fmt: skip

    def load_zones(self, zones: list[Zone]) -> int:
        from nyc_tlc.core.bigquery.zones import load_zones

        return load_zones(self.hook.warehouse, zones)


class BigQueryZoneShapesOperator(ZoneShapesOperator, BigQueryOperator):
    """The zones' shapes in BigQuery: a ZoneShapesOperator."""

    template_fields: Sequence[str] = (
        *BigQueryOperator.template_fields, *ZoneShapesOperator.template_fields,
    )  # fmt: skip

    def load_shapes(self, shapes: list[ZoneShape]) -> int:
        from nyc_tlc.core.bigquery.zones import load_shapes

        return load_shapes(self.hook.warehouse, shapes)


def download_zones(landing: str, tlc_conn_id: str) -> list[Zone]:
    from nyc_tlc.core.zones import read_zones
    from nyc_tlc.hooks.landing import Landing, local_copy
    from nyc_tlc.hooks.tlc import TlcHook

    url = TlcHook(tlc_conn_id).zones_url()
    landed = Landing(landing).fetch(url, "zones/taxi_zone_lookup.csv")
    with local_copy(landed) as path:
        return read_zones(path)


def download_shapes(landing: str, tlc_conn_id: str) -> list[ZoneShape]:
    from nyc_tlc.core.shapes.archive import read_shapes
    from nyc_tlc.hooks.landing import Landing, local_copy
    from nyc_tlc.hooks.tlc import TlcHook

    url = TlcHook(tlc_conn_id).shapes_url()
    landed = Landing(landing).fetch(url, "zones/taxi_zones.zip")
    with local_copy(landed) as path:
        return read_shapes(path)

"""An asset a trips table. Its events carry taxi, month, rows and sha256."""

from __future__ import annotations

from airflow.sdk import Asset

from nyc_tlc.catalog import Taxi
from nyc_tlc.wiring.defaults import Warehouse


def trips_asset(warehouse: Warehouse, taxi: Taxi) -> Asset:
    """The trips table of a taxi: ``postgres/green_tripdata``.

    No URI: the server's name is the connection's, known at run time only; and with one, Airflow
    imports every provider's URI handlers (Google's takes a second) as it parses the DAG.
    """
    name = f"{warehouse}/{taxi.trips_table}"
    return Asset(name=name, group="nyc_tlc", extra={"taxi": str(taxi)})

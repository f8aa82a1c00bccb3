"""One month without a scheduler, with the settings that the DAGs have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from nyc_tlc.airflow_internals import variable
from nyc_tlc.core.catalog import TripFile, Warehouse
from nyc_tlc.operators.month import LoadOptions, MonthLoader, load_into_postgres
from nyc_tlc.overview import ledger_of

DAG_ID = "airflow tlc load"


@dataclass(frozen=True)
class Options(LoadOptions):
    """Those of a month, and the warehouse."""

    warehouse: Warehouse = Warehouse.POSTGRES


def load_month(file: TripFile, options: Options, started: Callable[[str], None]) -> dict[str, Any]:
    """Load one month, calling ``started`` with the name of each step; see MonthLoader.load."""
    from nyc_tlc.cli import bigquery

    to_bigquery = options.warehouse is Warehouse.BIGQUERY
    load_landed = bigquery.load_landed if to_bigquery else load_into_postgres
    ledger = ledger_of(options.warehouse)
    loader = MonthLoader(_context(), ledger, landing_uri(), options, load_landed, started)
    return loader.load(file)


def _context() -> Any:
    """The part of a run's context that the operators use."""
    now = dt.datetime.now(dt.UTC)
    return {
        "dag": SimpleNamespace(dag_id=DAG_ID),
        "run_id": f"cli__{now.isoformat()}",
        "dag_run": SimpleNamespace(start_date=now),
    }


def landing_uri() -> str:
    """The same as in the DAGs: the Variable ``tlc_landing``, or its default."""
    from nyc_tlc.wiring.defaults import DEFAULT_LANDING

    return variable("tlc_landing", DEFAULT_LANDING)


def default_source() -> str:
    """The same as in the DAGs: the Variable ``tlc_source``, or the environment's, or TLC's Parquet."""
    from nyc_tlc.wiring.defaults import DEFAULT_SOURCE

    return variable("tlc_source", DEFAULT_SOURCE)

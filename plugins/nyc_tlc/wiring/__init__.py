"""The parts that taxi DAGs share, so that a DAG file is only its tasks and edges.

::

    for taxi in taxis_of(Warehouse.POSTGRES):
        with month_dag(Warehouse.POSTGRES, taxi, doc_md=__doc__):
            find = TaxiFindSensor(task_id="find", taxi=taxi, month="{{ params.month }}", ...)
            find >> outcomes_without_a_load()
            ...
            merge = TaxiMergeOperator(..., outlets=[trips_asset(Warehouse.POSTGRES, taxi)])

A DAG of another warehouse differs in its operators alone. Its hook is a ``nyc_tlc.ledger.Ledger``
(``unchanged_load``, ``record_failure``), its first step a ``FindSensor`` whose ``ledger()`` gives
that hook; the task is named ``find``, as the failure callback asks it for the ledger.
"""

from __future__ import annotations

from nyc_tlc.wiring.assets import trips_asset
from nyc_tlc.wiring.defaults import (
    DEFAULT_ARGS,
    LANDING,
    POKE_INTERVAL,
    REPORTS,
    REPORTS_MOUNT,
    Warehouse,
    first_month,
)
from nyc_tlc.wiring.google_cloud import BIGQUERY_JOB, GOOGLE_CLOUD
from nyc_tlc.wiring.month_dag import month_dag, taxis_of
from nyc_tlc.wiring.outcomes import outcomes_without_a_load
from nyc_tlc.wiring.params import month_params, new_months_params
from nyc_tlc.wiring.range_params import range_params
from nyc_tlc.wiring.schedule import month_schedule

__all__ = [
    "BIGQUERY_JOB",
    "DEFAULT_ARGS",
    "GOOGLE_CLOUD",
    "LANDING",
    "POKE_INTERVAL",
    "REPORTS",
    "REPORTS_MOUNT",
    "Warehouse",
    "first_month",
    "month_dag",
    "month_params",
    "month_schedule",
    "new_months_params",
    "outcomes_without_a_load",
    "range_params",
    "taxis_of",
    "trips_asset",
]

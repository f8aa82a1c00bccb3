"""What the pages and the commands know of a warehouse: its ledger, the states of its months, its reports."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nyc_tlc.airflow_internals import active_runs, see_metadata_connections, variable
from nyc_tlc.core.bigquery.place import Place
from nyc_tlc.core.catalog import Month, Taxi, TripFile, Warehouse
from nyc_tlc.core.errors import MonthError
from nyc_tlc.core.loads import resolve_month
from nyc_tlc.core.months import (
    SOURCE_CHECK,
    ActiveRun,
    MonthState,
    SourceCheck,
    month_states,
)
from nyc_tlc.hooks.object_store import reports_at
from nyc_tlc.wiring.defaults import DEFAULT_REPORTS, PLACE_VARIABLES

if TYPE_CHECKING:
    from nyc_tlc.core.ledger import Ledger, LedgerMonth
    from nyc_tlc.core.months import Answers
    from nyc_tlc.core.reports import Reports

log = logging.getLogger(__name__)


def ledger_of(warehouse: Warehouse) -> Ledger:
    """The hook of the warehouse, as the DAGs use it. Raises SettingsError."""
    if warehouse is Warehouse.BIGQUERY:
        place = bigquery_place()
        Place.of(place)  # refused before Google's libraries, which keep a busy api-server for long
        from nyc_tlc.hooks.bigquery import TaxiBigQueryHook

        return TaxiBigQueryHook(place)
    from nyc_tlc.hooks.postgres import TaxiPostgresHook

    return TaxiPostgresHook()


def bigquery_place() -> dict[str, str]:
    """What the Variables of Google Cloud say, as in the DAGs."""
    return {name: variable(key, default) for name, (key, default) in PLACE_VARIABLES.items()}


def reports_place() -> Reports:
    """The Variable ``tlc_reports``, or its default, as in the DAGs. Raises ReportError."""
    see_metadata_connections()
    return reports_at(variable("tlc_reports", DEFAULT_REPORTS))


def scripts_folder() -> Path:
    """The Variable ``tlc_scripts_folder``, or its default, as in the DAGs."""
    kept = variable("tlc_reports", DEFAULT_REPORTS)
    default = DEFAULT_REPORTS if "://" in kept else kept
    return Path(variable("tlc_scripts_folder", default))


def overview(
    warehouse: Warehouse,
    files: Sequence[TripFile],
    loads: Iterable[LedgerMonth],
    answers: Answers,
) -> list[MonthState]:
    """The state of each file's month in a warehouse; its active runs are read here."""
    taxis = dict.fromkeys(file.taxi for file in files)
    return month_states(files, loads, runs_of(warehouse, taxis), answers)


def stored_check() -> SourceCheck | None:
    """What tlc_source stored last; None before its first run."""
    text = variable(SOURCE_CHECK, "")
    try:
        return SourceCheck.from_json(text) if text else None
    except (ValueError, KeyError, TypeError, AttributeError, MonthError) as error:
        log.warning("Variable %s is not as tlc_source writes it: %s", SOURCE_CHECK, error)
        return None


def runs_of(warehouse: Warehouse, taxis: Iterable[Taxi]) -> list[ActiveRun]:
    """The runs of the taxis' DAGs that have not ended and whose month is known."""
    taxi_of = {warehouse.dag_id(taxi): taxi for taxi in taxis}
    return [
        ActiveRun(
            taxi_of[dag_id],
            month,
            dag_id,
            run_id,
            state == "queued",
            first == "deferred",
            ended,
            tasks,
        )
        for dag_id, run_id, state, conf, start, end, first, ended, tasks in active_runs(
            [*taxi_of], "find"
        )
        if (month := _month(conf, start, end))
    ]


def _month(conf: Mapping[str, Any] | None, start: Any, end: Any) -> Month | None:
    asked = (conf or {}).get("month")
    try:
        return resolve_month(str(asked) if asked else None, start, end)
    except MonthError:
        return None

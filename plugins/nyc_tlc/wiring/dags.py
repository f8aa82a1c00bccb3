"""The DAGs but for their tasks: one per taxi and warehouse, and those beside them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, get_parsing_context
from airflow.sdk.definitions.deadline import AsyncCallback, DeadlineAlert, DeadlineReference

from nyc_tlc.callbacks import notify_failure, notify_late
from nyc_tlc.core.catalog import Taxi, Warehouse
from nyc_tlc.timetables.month import MonthTimetable
from nyc_tlc.wiring.defaults import DEFAULT_ARGS, LATE_AFTER_DAYS, WAREHOUSES, first_month
from nyc_tlc.wiring.params import month_params


def taxis_of(warehouse: Warehouse) -> list[Taxi]:
    """The taxis to make a DAG for: all of them, but in a task's process only the task's own, which saves
    the time to make the others. None for a warehouse that is not among WAREHOUSES.
    """
    if warehouse not in WAREHOUSES:
        return []
    wanted = get_parsing_context().dag_id
    return [taxi for taxi in Taxi if wanted in (None, warehouse.dag_id(taxi))]


# The DAG that a newcomer needs first: its tag, and how its description begins.
FIRST_DAG = (Warehouse.POSTGRES, Taxi.GREEN)
START_HERE = ("start here", "Start here: Trigger, and fill in a month such as 2021-01. ")


def month_dag(warehouse: Warehouse, taxi: Taxi, *, doc_md: str | None, **overrides: Any) -> DAG:
    """The DAG ``tlc_{warehouse}_{taxi}``, to be entered by ``with``; ``{taxi}`` in its docs is
    filled in. What a warehouse needs otherwise is given by name, as ``DAG`` takes it.

    A DAG of another warehouse differs in its operators alone. Its hook is a
    ``nyc_tlc.core.ledger.Ledger``, and its first task is named ``find`` and is a ``FindSensor`` whose
    ``ledger()`` gives that hook: the failure callback asks it.
    """
    is_first = (warehouse, taxi) == FIRST_DAG
    settings: dict[str, Any] = {
        "description": (
            f"{START_HERE[1] if is_first else ''}{taxi.capitalize()} taxi months into "
            f"{warehouse.display_name}, each exactly once"
        ),
        "doc_md": (doc_md or "").replace("{taxi}", taxi),
        "schedule": month_schedule(taxi),
        # Before any month: Airflow ends a manual run for an earlier date as a success without tasks.
        "start_date": datetime(2000, 1, 1, tzinfo=UTC),
        "catchup": True,
        "max_active_runs": 8,  # some may be waiting for their month
        "max_active_tasks": 4,  # tasks that wait (deferred) do not count
        "is_paused_upon_creation": True,
        "render_template_as_native_obj": True,
        "params": month_params(taxi),
        "tags": ["tlc", str(warehouse), str(taxi), *START_HERE[:is_first]],
        "default_args": DEFAULT_ARGS,
        "on_failure_callback": notify_failure,
        "deadline": _deadline(LATE_AFTER_DAYS),
    }
    return DAG(warehouse.dag_id(taxi), **settings | overrides)


def _deadline(days: str | None) -> DeadlineAlert | None:
    """People are notified of a run that has not ended this long after it was queued."""
    if not days:
        return None
    after = timedelta(days=float(days))
    return DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, after, AsyncCallback(notify_late))


def tool_dag(
    dag_id: str, *, description: str, doc_md: str | None, tags: list[str], **overrides: Any
) -> DAG:
    """A DAG beside those of the months, to be entered by ``with``: by default one run at a time, without
    a schedule. What it needs otherwise is given by name, as ``DAG`` takes it; ``default_args`` are
    added to those of all DAGs.
    """
    settings: dict[str, Any] = {
        "schedule": None,
        "start_date": datetime(2019, 1, 1, tzinfo=UTC),
        "catchup": False,
        "max_active_runs": 1,
        "is_paused_upon_creation": True,
        "render_template_as_native_obj": True,
        "on_failure_callback": notify_failure,
    }
    default_args = DEFAULT_ARGS | overrides.pop("default_args", {})
    return DAG(
        dag_id,
        description=description,
        doc_md=doc_md,
        tags=["tlc", *tags],
        default_args=default_args,
        **settings | overrides,
    )


HOURS = {Taxi.GREEN: 9, Taxi.YELLOW: 10, Taxi.FHV: 11, Taxi.FHVHV: 12}


def month_schedule(taxi: Taxi) -> MonthTimetable:
    """Calendar months; the run on the 1st of the next, at the taxi's hour in New York."""
    return MonthTimetable(HOURS[taxi], first=str(taxi.first_month), start=str(first_month(taxi)))


def outcomes_without_a_load() -> list[EmptyOperator]:
    """The tasks ``unchanged`` and ``not_published``, which a find step chooses between. Set them downstream
    of it.
    """
    return [
        EmptyOperator(
            task_id="unchanged",
            doc_md="This file is loaded already, completely; the log of *find* says by which load.",
        ),
        EmptyOperator(
            task_id="not_published",
            doc_md="The source does not have the file yet, and the run's params say to skip it.",
        ),
    ]

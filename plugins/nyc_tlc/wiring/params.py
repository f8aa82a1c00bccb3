"""The trigger forms of the DAGs, which are also what ``--conf`` accepts.

Their descriptions have no code in backticks: Airflow's forms draw its box over the lines beside it.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from airflow.sdk import Param

from nyc_tlc.core.catalog import Month, Taxi, Warehouse, month_pattern
from nyc_tlc.operators.month_range import RangeMode
from nyc_tlc.wiring.defaults import WAREHOUSES

HOW = "How to load"


def month_params(taxi: Taxi) -> dict[str, Param]:
    """Which month, from where; and, in a section of its own, how to load it."""
    return {
        "month": Param(
            None,
            type=["null", "string"],
            **month_schema(taxi.first_month),
            title="Month",
            examples=["2021-01", "2021-02", "2021-03"],
            description_md=(
                f"*YYYY-MM*, {taxi.first_month} or later. **Trigger** needs it: "
                "the date above does not choose a month. **Backfill**: leave it empty, each run takes "
                "the month of its own interval. A run of a paused DAG stays queued until you unpause it. "
                "Tip: a *Run ID* that begins with the month shows it in every list."
            ),
        ),
        "source": Param(
            "default",
            enum=["default", "parquet", "csv"],
            values_display={
                "default": "The default (Variable tlc_source)",
                "parquet": "TLC's Parquet",
                "csv": "The course's CSV mirror",
            },
            title="Source",
            description_md=(
                "The course counts the CSV mirror. It has *yellow* and *green* from 2019-01 to 2021-07, "
                "and months of *fhv* and *fhvhv*. Without the Variable *tlc_source*, the default is "
                "TLC's Parquet."
            ),
        ),
        "if_unpublished": Param(
            "auto",
            enum=["auto", "wait", "fail", "skip"],
            values_display={
                "auto": "Wait in scheduled runs, fail in others",
                "wait": "Wait for it, up to 120 days",
                "fail": "Fail at once",
                "skip": "Skip it; the run is a success",
            },
            title="If the month is not published yet",
            description_md=(
                "TLC publishes a month about two months later. A run that waits holds no worker."
            ),
        ),
        "force": Param(
            False,
            type="boolean",
            title="Load even if unchanged",
            description_md="Without it, a month whose file is loaded already is skipped.",
            section=HOW,
        ),
        "verify": Param(
            False,
            type="boolean",
            title="Verify before skipping",
            description_md=(
                "Read the month's rows, and load it again if they were changed by hand. "
                "Takes about as long as a load."
            ),
            section=HOW,
        ),
        "merge": Param(
            "replace",
            enum=["replace", "insert_only"],
            values_display={
                "replace": "The month becomes the file",
                "insert_only": "Only add rows that are new (the course's way)",
            },
            title="Merge",
            description_md="*insert_only* never removes a row, not even one that TLC withdrew.",
            section=HOW,
        ),
        "max_rejects": Param(
            0,
            type="integer",
            minimum=0,
            maximum=1_000_000_000,  # Airflow cannot pass on a number of over 64 bits
            title="Unreadable rows to tolerate",
            description_md="They go to *tlc_reject* unchanged; exceeding this limit fails the run.",
            section=HOW,
        ),
        "keep": Param(
            True,
            type="boolean",
            title="Keep the downloaded file",
            description_md="In landing, so that it is not downloaded again. Otherwise it is deleted.",
            section=HOW,
        ),
    }


def month_schema(first: Month) -> dict[str, Any]:
    """What a Param adds to its schema to accept months as ``YYYY-MM``, and to refuse others in plain words.

    Airflow shows jsonschema's error as it is: for a ``pattern``, the regular expression and the whole schema.
    This one says ``'YYYY-MM, 2009-01 or later' was expected``, and which value it got.
    """
    return {
        "if": {"pattern": month_pattern(first)},
        "else": {"const": f"YYYY-MM, {first} or later"},
    }


def bigquery_month_params(taxi: Taxi) -> dict[str, Param]:
    """The form of a month, and where to stop: what the course's module 3 asks for."""
    until = Param(
        "trips",
        enum=["trips", "bucket"],
        values_display={"trips": "The trips table", "bucket": "The bucket: upload the file only"},
        title="Load until",
        description_md="With the bucket, BigQuery is not used: no table and no ledger row.",
        section=HOW,
    )
    return {**month_params(taxi), "until": until}


def new_months_params() -> dict[str, Param]:
    """The form of a DAG that makes something of each month that is new: empty, or one month by hand."""
    return {
        "taxi": Param(
            None,
            type=["null", "string"],
            examples=[str(taxi) for taxi in Taxi],
            title="Taxi",
            description_md="With *Month*: just that one. Empty: whatever is new.",
        ),
        "month": Param(
            None,
            type=["null", "string"],
            **month_schema(min(taxi.first_month for taxi in Taxi)),
            title="Month",
            description_md="*YYYY-MM*, with *Taxi*.",
        ),
    }


MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def range_params() -> dict[str, Param]:
    """Selects, as a person fills them in; source and force as in a taxi's own form."""
    each = month_params(Taxi.YELLOW)
    return {
        "warehouse": Param(
            str(Warehouse.POSTGRES),
            enum=[str(warehouse) for warehouse in Warehouse if warehouse in WAREHOUSES],
            values_display={str(each): each.display_name for each in Warehouse},
            title="Warehouse",
        ),
        "taxis": Param(
            ["green"],
            type="array",
            items={"type": "string", "enum": [str(taxi) for taxi in Taxi]},
            minItems=1,
            examples=[str(taxi) for taxi in Taxi],
            title="Taxis",
            description_md="One or more. In mode *A run per month*, their DAGs must not be paused.",
        ),
        "from_year": _year("2021", "From year"),
        "from_month": _month("01", "From month"),
        "to_year": _year("2021", "To year"),
        "to_month": _month("03", "To month"),
        "mode": Param(
            str(RangeMode.MONTH_RUNS),
            enum=[str(mode) for mode in RangeMode],
            values_display={
                str(RangeMode.MONTH_RUNS): "A run per month: each step is retried on its own",
                str(RangeMode.YEAR_TASKS): "One task per year: fast for many months, Postgres only",
            },
            title="Mode",
            description_md=(
                "One task per year loads its months one after another, without a run of the taxi's DAG. "
                "Ledger, checks and tables are the same. BigQuery's months wait for its jobs, which "
                "runs do without a worker."
            ),
        ),
        "source": each["source"],
        "force": each["force"],
    }


def _year(default: str, title: str) -> Param:
    years = range(Taxi.YELLOW.first_month.year, dt.datetime.now(dt.UTC).year + 1)
    return Param(default, type="string", enum=[str(year) for year in years], title=title)


def _month(default: str, title: str) -> Param:
    names = {f"{number:02d}": name for number, name in enumerate(MONTH_NAMES, 1)}
    return Param(default, type="string", enum=[*names], values_display=names, title=title)

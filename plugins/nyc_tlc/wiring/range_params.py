"""The form of tlc_range: where to, taxis, from when to when, and how."""

from __future__ import annotations

import datetime as dt

from airflow.sdk import Param

from nyc_tlc.catalog import Taxi
from nyc_tlc.wiring.defaults import Warehouse
from nyc_tlc.wiring.params import month_params

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
            enum=[str(warehouse) for warehouse in Warehouse],
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
            description_md="One or more. Their DAGs must not be paused.",
        ),
        "from_year": _year("2021", "From year"),
        "from_month": _month("01", "From month"),
        "to_year": _year("2021", "To year"),
        "to_month": _month("03", "To month"),
        "source": each["source"],
        "force": each["force"],
    }


def _year(default: str, title: str) -> Param:
    years = range(Taxi.YELLOW.first_month.year, dt.datetime.now(dt.UTC).year + 1)
    return Param(default, type="string", enum=[str(year) for year in years], title=title)


def _month(default: str, title: str) -> Param:
    names = {f"{number:02d}": name for number, name in enumerate(MONTH_NAMES, 1)}
    return Param(default, type="string", enum=[*names], values_display=names, title=title)

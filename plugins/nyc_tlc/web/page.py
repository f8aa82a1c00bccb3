"""The reports' HTML, from the templates beside this module. Jinja escapes every value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from nyc_tlc.core.reports import DAYS, PICTURE, ZONES, ReportFolder

SHOWN_ZONES = 25
NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")


def index_page(reports: Sequence[ReportFolder]) -> str:
    """A list of all reports."""
    return _templates().get_template("index.html.jinja").render(reports=reports)


def report_page(report: ReportFolder) -> str:
    """The picture, then the tables."""
    return (
        _templates()
        .get_template("report.html.jinja")
        .render(
            title=f"{report.taxi.display_name}, {report.month}",
            trips=report.trips,
            picture=PICTURE,
            days=report.table(DAYS),
            zones=report.table(ZONES),
            shown_zones=SHOWN_ZONES,
        )
    )


@cache
def _templates() -> Environment:
    """``autoescape`` for all of them: Jinja's own rule knows ``.html``, not ``.html.jinja``."""
    environment = Environment(
        loader=PackageLoader("nyc_tlc.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["for_people"] = _for_people
    environment.tests["number_text"] = _is_number
    return environment


def _for_people(value: str) -> str:
    if not _is_number(value):
        return value.replace("_", " ")
    return f"{float(value):,.2f}" if "." in value else f"{int(value):,}"


def _is_number(value: str) -> bool:
    return NUMBER.fullmatch(value) is not None

"""The reports' HTML, from the templates beside this module. Jinja escapes every value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from nyc_tlc.core.reports import DAYS, PICTURE, ZONES, CsvTable, ReportFolder
from nyc_tlc.web.browse import Comparison, Neighbours, shelves

SHOWN_ZONES = 25
ON_MAP = "on_map"
NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")


def index_page(reports: Sequence[ReportFolder]) -> str:
    """All reports: by taxi and year, each with a small picture."""
    return _templates().get_template("index.html.jinja").render(shelves=shelves(reports))


def report_page(report: ReportFolder, reports: Sequence[ReportFolder]) -> str:
    """The picture, the same month a year before, then the tables; with links to other reports."""
    zones = report.table(ZONES)
    neighbours = Neighbours.of(report, reports)
    return (
        _templates()
        .get_template("report.html.jinja")
        .render(
            title=f"{report.taxi.display_name}, {report.month}",
            report=report,
            trips=report.trips,
            neighbours=neighbours,
            comparison=Comparison.of(report, neighbours.year_before),
            picture=PICTURE,
            days=report.table(DAYS),
            zones=zones,
            not_on_map=_not_on_map(zones),
            shown_zones=SHOWN_ZONES,
        )
    )


def _not_on_map(zones: CsvTable) -> CsvTable | None:
    """The zones that the map does not show; None where there is no map of zones."""
    if ON_MAP not in zones.header:
        return None
    place = zones.header.index(ON_MAP)
    rows = [row for row in zones.rows if row[place : place + 1] == ["no"]]
    others = [[*row[:place], *row[place + 1 :]] for row in (zones.header, *rows)]
    return CsvTable(zones.name, others[0], others[1:])


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

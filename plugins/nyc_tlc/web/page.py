"""The reports' HTML; every text that comes from a file is escaped."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from html import escape
from string import Template

from nyc_tlc.core.reports import DAYS, PICTURE, ZONES, ReportFolder

PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>$title</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
  body { margin: 2rem auto; max-width: 1100px; padding: 0 1rem; background: #fbfaf7;
         color: #22252b; font: 15px/1.5 Lato, system-ui, sans-serif }
  img { width: 100%; height: auto }
  h2 { margin: 2.5rem 0 .5rem; font-size: 1.1rem }
  a { color: #2c7a3f }
  table { border-collapse: collapse; font-variant-numeric: tabular-nums }
  th, td { padding: .2rem 1.4rem .2rem 0; text-align: right; border-bottom: 1px solid #e4e2dc }
  th { color: #6f7580; font-weight: normal }
  .text { text-align: left }
</style></head><body>
$body
</body></html>
""")

SHOWN_ZONES = 25


def index_page(reports: Sequence[ReportFolder]) -> str:
    """A list of what there is."""
    links = [
        f'<li><a href="{r.taxi}/{r.month}/">{r.month} {r.taxi.display_name}</a></li>'
        for r in reports
    ]
    nothing = "<p>None yet: trigger the DAG <code>tlc_report</code>.</p>"
    body = f"<h1>Monthly reports</h1><ul>{''.join(links)}</ul>{'' if links else nothing}"
    return PAGE.substitute(title="Monthly reports", body=body)


def report_page(report: ReportFolder) -> str:
    """The picture, then the tables."""
    title = f"{report.taxi.display_name}, {report.month}"
    body = f"""<img src="{PICTURE}" alt="{escape(title)}: the month in a picture">
<h2>Days</h2><p><a href="{DAYS}" download>{DAYS}</a></p>{_table(report, DAYS)}
<h2>Zones</h2><p><a href="{ZONES}" download>{ZONES}</a>, the {SHOWN_ZONES} busiest here</p>
{_table(report, ZONES, SHOWN_ZONES)}"""
    return PAGE.substitute(title=escape(title), body=body)


def _table(report: ReportFolder, name: str, most: int | None = None) -> str:
    with (report.path / name).open(newline="", encoding="utf-8") as file:
        header, *lines = csv.reader(file)
    rows = "".join(f"<tr>{_cells(line)}</tr>" for line in lines[:most])
    return f"<table><tr>{_cells(header, 'th')}</tr>{rows}</table>"


def _cells(values: Iterable[str], tag: str = "td") -> str:
    return "".join(f"<{tag}{_kind(value)}>{_shown(value)}</{tag}>" for value in values)


def _kind(value: str) -> str:
    return "" if _is_number(value) else ' class="text"'


def _shown(value: str) -> str:
    if not _is_number(value):
        return escape(value.replace("_", " "))
    return f"{float(value):,.2f}" if "." in value else f"{int(value):,}"


def _is_number(value: str) -> bool:
    return value.lstrip("-").replace(".", "", 1).isdecimal()

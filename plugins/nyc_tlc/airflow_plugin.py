"""Airflow plugin: Airflow finds timetables, listeners and web pages only through a plugin."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from nyc_tlc.listeners import run_note
from nyc_tlc.timetables.month import MonthTimetable
from nyc_tlc.web import pages


class NycTlcPlugin(AirflowPlugin):
    name = "nyc_tlc"
    timetables = [MonthTimetable]
    listeners = [run_note]
    fastapi_apps = [{"app": pages, "url_prefix": "/tlc", "name": "NYC TLC"}]
    external_views = [
        {
            "name": "Taxi months",
            "href": "/tlc/months/",
            "destination": "nav",
            "category": "browse",
            "url_route": "taxi-months",
        },
        {
            "name": "Taxi reports",
            "href": "/tlc/reports/",
            "destination": "nav",
            "category": "browse",
            "url_route": "taxi-reports",
        },
    ]

"""What an Airflow plugin must register: timetables are only found so."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from nyc_tlc.timetables.month import MonthTimetable


class NycTlcPlugin(AirflowPlugin):
    name = "nyc_tlc"
    timetables = [MonthTimetable]

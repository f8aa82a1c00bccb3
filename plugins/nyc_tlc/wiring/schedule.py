"""The hour at which each taxi's months are started, one after the other."""

from __future__ import annotations

from nyc_tlc.catalog import Taxi
from nyc_tlc.timetables.month import MonthTimetable
from nyc_tlc.wiring.defaults import first_month

HOURS = {Taxi.GREEN: 9, Taxi.YELLOW: 10, Taxi.FHV: 11, Taxi.FHVHV: 12}


def month_schedule(taxi: Taxi) -> MonthTimetable:
    """Calendar months; the run on the 1st of the next, at the taxi's hour in New York."""
    return MonthTimetable(HOURS[taxi], first=str(taxi.first_month), start=str(first_month(taxi)))

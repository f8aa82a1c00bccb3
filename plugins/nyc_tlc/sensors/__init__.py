"""The first step of a month: wait for its file, and choose what is to be done about it."""

from __future__ import annotations

from nyc_tlc.sensors.cloud_find import TaxiCloudFindSensor
from nyc_tlc.sensors.file import TaxiFileSensor
from nyc_tlc.sensors.find import FindSensor, TaxiFindSensor

__all__ = ["FindSensor", "TaxiCloudFindSensor", "TaxiFileSensor", "TaxiFindSensor"]

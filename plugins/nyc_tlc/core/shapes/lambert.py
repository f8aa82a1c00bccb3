"""From EPSG:2263, the plane coordinates of New York's agencies, to longitude and latitude.

EPSG:2263 is a Lambert conic conformal projection with two standard parallels; the formulas are those of
EPSG guidance note 7-2. Its datum, NAD 83, differs from WGS 84 by one or two metres, which no map of the
city shows.
"""

from __future__ import annotations

from math import atan, atan2, degrees, hypot, log, pi, radians, sin, sqrt, tan

Point = tuple[float, float]

US_FOOT = 1200 / 3937  # metres
SEMI_MAJOR_AXIS = 6_378_137.0  # metres, of the ellipsoid GRS 80
FLATTENING = 1 / 298.257222101
ECCENTRICITY = sqrt(2 * FLATTENING - FLATTENING**2)
FALSE_EASTING = 300_000.0  # metres
CENTRAL_MERIDIAN = -74.0
ORIGIN, SOUTH, NORTH = radians(40 + 10 / 60), radians(40 + 40 / 60), radians(41 + 2 / 60)
# Each round makes the latitude a hundred times more exact.
ROUNDS = 6


def longitude_latitude(x: float, y: float) -> Point:
    """A point of EPSG:2263, in US survey feet, in degrees."""
    east, north = x * US_FOOT - FALSE_EASTING, RADIUS_OF_ORIGIN - y * US_FOOT
    latitude = _latitude((hypot(east, north) / SCALE) ** (1 / CONE))
    return CENTRAL_MERIDIAN + degrees(atan2(east, north) / CONE), degrees(latitude)


def _latitude(t: float) -> float:
    latitude = pi / 2 - 2 * atan(t)
    for _ in range(ROUNDS):
        latitude = pi / 2 - 2 * atan(t * _stretch(latitude))
    return latitude


def _stretch(latitude: float) -> float:
    along = ECCENTRICITY * sin(latitude)
    return float(((1 - along) / (1 + along)) ** (ECCENTRICITY / 2))


def _t(latitude: float) -> float:
    return tan(pi / 4 - latitude / 2) / _stretch(latitude)


def _m(latitude: float) -> float:
    sine = sin(latitude)
    return sqrt(1 - sine**2) / sqrt(1 - (ECCENTRICITY * sine) ** 2)


CONE = (log(_m(SOUTH)) - log(_m(NORTH))) / (log(_t(SOUTH)) - log(_t(NORTH)))
SCALE = SEMI_MAJOR_AXIS * _m(SOUTH) / (CONE * _t(SOUTH) ** CONE)
RADIUS_OF_ORIGIN = SCALE * _t(ORIGIN) ** CONE

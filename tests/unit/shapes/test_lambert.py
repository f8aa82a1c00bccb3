"""New York's plane coordinates, against points that PROJ has computed."""

from __future__ import annotations

import pytest

from nyc_tlc.core.shapes.lambert import longitude_latitude

pytestmark = pytest.mark.unit

# By pyproj 3.7: Transformer.from_crs(2263, 4269, always_xy=True).
KNOWN = {
    "the origin": ((984_250, 0), (-74.0, 40.16666667)),
    "south west of the city": ((913175.109008804, 120121.88125434518), (-74.25554697, 40.49609695)),
    "north east of the city": ((1067382.508405164, 272844.2940054685), (-73.69921518, 40.91517585)),
    "Midtown": ((988_219, 212_323), (-73.98567537, 40.74945322)),
    "JFK Airport": ((1_041_000, 175_500), (-73.79549256, 40.64820175)),
}


@pytest.mark.parametrize(("feet", "degrees"), KNOWN.values(), ids=KNOWN)
def test_points_are_where_proj_has_them(
    feet: tuple[float, float], degrees: tuple[float, float]
) -> None:
    assert longitude_latitude(*feet) == pytest.approx(degrees, abs=1e-8)  # a millimetre

"""The zone lookup, in all published versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from nyc_tlc.core.errors import BadFileError
from nyc_tlc.core.zones import Zone, read_zones
from tests.support.trip_data import TripData

pytestmark = pytest.mark.unit

UNKNOWN = Zone(264, "Unknown", None, None)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "taxi_zone_lookup.csv"
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [
        '"LocationID","Borough","Zone","service_zone"\r\n264,"Unknown","NV","N/A"\r\n',
        "locationid,borough,zone,service_zone\n264,Unknown,N/A,N/A\n",
        "LocationID,Borough,Zone,service_zone\n\n264,Unknown,,\n",
        "\ufeffLOCATIONID, Borough ,Zone,service_zone\n264, Unknown ,NA,NA",
    ],
)
def test_every_spelling_of_a_missing_value_is_none(tmp_path: Path, text: str) -> None:
    assert read_zones(written(tmp_path, text)) == [UNKNOWN]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "other columns"),
        ("id,name\n1,x\n", "other columns"),
        ("LocationID,Borough,Zone,service_zone\nx,Queens,Y,Z\n", "Row 2 of "),
        ("LocationID,Borough,Zone,service_zone\n1,Queens,Y\n", "Row 2 of "),
        ("LocationID,Borough,Zone,service_zone\n1,A,B,C\n1,D,E,F\n", "twice"),
    ],
)
def test_a_file_that_is_not_a_zone_lookup_is_refused(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(BadFileError, match=message):
        read_zones(written(tmp_path, text))


def test_the_whole_file_has_265_zones(trip_data: TripData) -> None:
    zones = read_zones(trip_data / "zones/taxi_zone_lookup.csv")
    assert [zone.locationid for zone in zones] == list(range(1, 266))
    assert zones[0] == Zone(1, "EWR", "Newark Airport", "EWR")
    assert zones[263] == UNKNOWN

"""The archive of the zones' shapes: what it becomes, and what is refused."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from nyc_tlc.core.errors import BadFileError, FileTooLargeError
from nyc_tlc.core.shapes import archive
from nyc_tlc.core.shapes.archive import read_shapes
from tests.support.trip_data import TripData
from tests.support.zone_shapes import SHAPED_ZONES, SIDE, Ring, square, write_archive

pytestmark = pytest.mark.unit


def polygons(geojson: str) -> list[Any]:
    found = json.loads(geojson)
    assert found["type"] == "MultiPolygon"
    return list(found["coordinates"])


def moved(ring: Ring, by: float, *, shrunk: float = 1) -> Ring:
    (x, y), *_ = ring
    return [(x + by + (px - x) * shrunk, y + by + (py - y) * shrunk) for px, py in ring]


def test_every_zone_of_the_archive_has_a_shape_in_new_york(trip_data: TripData) -> None:
    shapes = read_shapes(trip_data / "zones/taxi_zones.zip")
    assert [shape.locationid for shape in shapes] == SHAPED_ZONES
    for shape in shapes:
        for polygon in polygons(shape.geojson):
            for ring in polygon:
                assert ring[0] == ring[-1]
                assert all(-74.3 < x < -73.6 and 40.4 < y < 41 for x, y in ring)
    assert sum(len(shape.geojson) for shape in shapes) < 400_000


@pytest.mark.parametrize("folder", ["", "taxi_zones/", "a/b/"])
def test_the_files_may_be_in_a_folder_beside_those_of_a_mac(tmp_path: Path, folder: str) -> None:
    path = write_archive(tmp_path / "zones.zip", [(1, [square(1)])], folder=folder)
    with zipfile.ZipFile(path, "a") as members:
        members.writestr(f"__MACOSX/{folder}._taxi_zones.shp", b"a Mac's own")
        members.writestr(f"{folder}taxi_zones.shp.xml", b"<metadata/>")
    [shape] = read_shapes(path)
    [[ring]] = polygons(shape.geojson)
    assert len(ring) == 5  # the points on the straight sides are left out


def test_shapes_of_one_zone_are_one_with_their_holes_and_without_specks(tmp_path: Path) -> None:
    hole = moved(square(1), SIDE / 4, shrunk=0.5)[::-1]
    speck = moved(square(3), 0, shrunk=0.001)
    shapes = [(56, [square(1), hole]), (7, [square(3), speck]), (56, [square(5)])]
    seven, fifty_six = read_shapes(write_archive(tmp_path / "zones.zip", shapes))
    assert (seven.locationid, fifty_six.locationid) == (7, 56)
    assert [len(polygon) for polygon in polygons(seven.geojson)] == [1]
    assert [len(polygon) for polygon in polygons(fifty_six.geojson)] == [2, 1]


def test_a_zone_that_is_only_a_speck_stays(tmp_path: Path) -> None:
    speck = moved(square(3), 0, shrunk=0.001)
    [shape] = read_shapes(write_archive(tmp_path / "zones.zip", [(9, [speck])]))
    assert len(polygons(shape.geojson)) == 1


def elsewhere(path: Path) -> Path:
    return write_archive(path, [(1, [[(0, 0), (0, 1e6), (1e6, 1e6), (0, 0)]])])


def other_field(path: Path) -> Path:
    return write_archive(path, [(1, [square(1)])], field="zone")


def no_archive(path: Path) -> Path:
    path.write_bytes(b"<html>")
    return path


def no_shapefile(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as members:
        members.writestr("../../etc/passwd", b"x")
    return path


def two_shapefiles(path: Path) -> Path:
    with zipfile.ZipFile(write_archive(path, [(1, [square(1)])]), "a") as members:
        members.writestr("another.shp", b"x")
    return path


def garbage(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as members:
        for end in ("shp", "dbf"):
            members.writestr(f"taxi_zones.{end}", b"\x00\x00\x27\x0a" + b"\xff" * 300)
    return path


def right_length(path: Path) -> Path:
    """The header has the right length, what follows is garbage."""
    with zipfile.ZipFile(path, "w") as members:
        shp = b"\x00\x00\x27\x0a".ljust(24, b"\0") + (150).to_bytes(4, "big")
        members.writestr("taxi_zones.shp", shp.ljust(300, b"\xff"))
        members.writestr("taxi_zones.dbf", b"\xff" * 300)
    return path


def cut(path: Path) -> Path:
    whole = write_archive(path.with_name("whole.zip"))
    with zipfile.ZipFile(whole) as members, zipfile.ZipFile(path, "w") as less:
        for name in members.namelist():
            less.writestr(name, members.read(name)[:-400])
    return path


BAD = {
    elsewhere: "has zone 1 at .*, outside New York",
    other_field: "cannot be read",
    no_archive: "is not a readable ZIP archive",
    no_shapefile: r"has 0 files that end in \.shp",
    two_shapefiles: r"has 2 files that end in \.shp",
    garbage: "another length than its header says",
    right_length: "cannot be read|has .* shapes of type",
    cut: "another length than its header says",
}


@pytest.mark.parametrize(
    ("write", "message"), BAD.items(), ids=lambda each: getattr(each, "__name__", "")
)
def test_anything_else_is_refused(tmp_path: Path, write: Any, message: str) -> None:
    with pytest.raises(BadFileError, match=rf"(?:{message})[\s\S]*Expected TLC's taxi_zones\.zip"):
        read_shapes(write(tmp_path / "zones.zip"))


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", 100_000)
    with zipfile.ZipFile(tmp_path / "zones.zip", "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr("taxi_zones.shp", bytes(10_000_000))
    with pytest.raises(FileTooLargeError, match="unpacks to more than 100,000 bytes"):
        read_shapes(tmp_path / "zones.zip")
    monkeypatch.setattr(archive, "MOST_MEMBERS", 2)
    with pytest.raises(BadFileError, match="has 3 members"):
        read_shapes(write_archive(tmp_path / "zones.zip"))

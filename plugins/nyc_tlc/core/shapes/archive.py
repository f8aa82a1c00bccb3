"""TLC's ``taxi_zones.zip``: a shapefile of the zones' outlines, as GeoJSON.

The archive is data from the internet. No member is unpacked to disk, its name is only compared, and what it
unpacks to is limited. The files may be in a folder of the archive; a Mac's own files beside them are ignored.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nyc_tlc.core.errors import BadFileError, FileTooLargeError
from nyc_tlc.core.shapes.lambert import longitude_latitude
from nyc_tlc.core.shapes.simplify import Point, simplified

if TYPE_CHECKING:
    from shapefile import Reader

SHAPES = "taxi_zone_shape"
COLUMNS = ("locationid", "geojson")

# TLC's have 1.6 and 0.15 MB, and 263 shapes.
MOST_MEMBERS = 1_000
MOST_BYTES = 50_000_000
MOST_SHAPES = 5_000
ZONE_ID = "LocationID"
POLYGON = 5

TOLERANCE_FEET = 100
DECIMALS = 5  # of a degree: one metre
# West, south, east, north: EPSG:2263 is for New York, so other coordinates end up elsewhere.
NEW_YORK = (-75.0, 40.0, -73.0, 41.5)

Rings = list[list[Point]]


@dataclass(frozen=True)
class ZoneShape:
    """A zone's outline: a GeoJSON MultiPolygon in WGS 84, simplified for drawing."""

    locationid: int
    geojson: str


def read_shapes(path: Path) -> list[ZoneShape]:
    """The zones' shapes, by location id. The archive has several shapes for some zones.

    Raises BadFileError for anything but TLC's shapefile, FileTooLargeError if it unpacks to too much.
    """
    import shapefile

    files = _unpacked(path)
    if int.from_bytes(files["shp"][24:28], "big") * 2 != len(files["shp"]):  # in 16-bit words
        raise _bad(path, "has a .shp file of another length than its header says")
    try:
        with shapefile.Reader(
            **{end: io.BytesIO(content) for end, content in files.items()}
        ) as reader:
            found = _outlines(reader, path)
    except (
        shapefile.ShapefileException,
        struct.error,
        ValueError,
        KeyError,
        IndexError,
        OSError,
    ) as error:
        raise _bad(path, f"cannot be read: {error}") from error
    polygons: defaultdict[int, list[Any]] = defaultdict(list)
    for zone, rings in found:
        polygons[zone] += _polygons(rings)
    return [_shape(zone, polygons[zone], path) for zone in sorted(polygons)]


def _unpacked(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            if len(archive.infolist()) > MOST_MEMBERS:
                raise _bad(path, f"has {len(archive.infolist()):,} members")
            return {end: _member(archive, end, path) for end in ("shp", "dbf")}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise _bad(path, f"is not a readable ZIP archive: {error}") from error


def _member(archive: zipfile.ZipFile, end: str, path: Path) -> bytes:
    found = [
        member
        for member in archive.infolist()
        if member.filename.lower().endswith(f".{end}")
        and not member.filename.startswith("__MACOSX/")
    ]
    if len(found) != 1:
        raise _bad(path, f"has {len(found)} files that end in .{end}")
    with archive.open(found[0]) as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise FileTooLargeError(
            f"A file in {path} that ends in .{end} unpacks to more than {MOST_BYTES:,} bytes. Expected about "
            "two million. Remove the archive from landing, and check the source."
        )
    return content


def _outlines(reader: Reader, path: Path) -> list[tuple[int, Rings]]:
    """Each shape's zone and rings, simplified together, in degrees."""
    if reader.shapeType != POLYGON or not 0 < len(reader) <= MOST_SHAPES:
        raise _bad(path, f"has {len(reader):,} shapes of type {reader.shapeTypeName}")
    shapes = [(int(each.record[ZONE_ID]), _rings(each.shape)) for each in reader.iterShapeRecords()]
    kept = iter(simplified([ring for _, rings in shapes for ring in rings], TOLERANCE_FEET))
    return [(zone, _in_degrees(rings, [next(kept) for _ in rings])) for zone, rings in shapes]


def _rings(shape: Any) -> Rings:
    ends = pairwise([*shape.parts, len(shape.points)])
    rings = [[(point[0], point[1]) for point in shape.points[start:end]] for start, end in ends]
    return [ring for ring in rings if len(ring) > 3 and ring[0] == ring[-1]]


def _in_degrees(rings: Rings, simpler: Rings) -> Rings:
    """Without rings that are too small to draw; the largest stays as it is where all are."""
    kept = [ring for ring in simpler if len(ring) > 3] or sorted(rings, key=len)[-1:]
    return [[_rounded(longitude_latitude(*point)) for point in ring] for ring in kept]


def _rounded(point: Point) -> Point:
    return round(point[0], DECIMALS), round(point[1], DECIMALS)


def _polygons(rings: Rings) -> list[Any]:
    """The rings as GeoJSON's polygons: which of them is a hole, and in which polygon."""
    import shapefile

    if not rings:
        return []
    found = shapefile.Polygon(lines=rings).__geo_interface__
    return [found["coordinates"]] if found["type"] == "Polygon" else list(found["coordinates"])


def _shape(zone: int, polygons: Sequence[Any], path: Path) -> ZoneShape:
    west, south, east, north = NEW_YORK
    for x, y in (point for polygon in polygons for ring in polygon for point in ring):
        if not (west < x < east and south < y < north):
            raise _bad(path, f"has zone {zone} at {x}, {y}, outside New York")
    geojson = {"type": "MultiPolygon", "coordinates": polygons}
    return ZoneShape(zone, json.dumps(geojson, separators=(",", ":")))


def _bad(path: Path, seen: str) -> BadFileError:
    return BadFileError(
        f"{path} {seen}. Expected TLC's taxi_zones.zip: a shapefile of polygons with a {ZONE_ID}, in "
        "EPSG:2263. Check the source's address, and remove the archive from landing."
    )

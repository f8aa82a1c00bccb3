"""Archives like TLC's ``taxi_zones.zip``, with squares for zones."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import shapefile

Point = tuple[float, float]
Ring = Sequence[Point]

# TLC's has no others below 264.
SHAPED_ZONES = [zone for zone in range(1, 264) if zone not in (57, 104, 105)]
# In feet of EPSG:2263: the south west corner is in Staten Island.
ORIGIN, SIDE, COLUMNS = (920_000.0, 130_000.0), 8_000.0, 17


def square(zone: int) -> Ring:
    """A square in a grid, clockwise, with a point in the middle of each side."""
    row, column = divmod(zone - 1, COLUMNS)
    x, y = ORIGIN[0] + column * SIDE, ORIGIN[1] + row * SIDE
    steps = (
        (0, 0), (0, 0.5), (0, 1), (0.5, 1), (1, 1), (1, 0.5), (1, 0), (0.5, 0), (0, 0),
    )  # fmt: skip
    return [(x + right * SIDE, y + up * SIDE) for right, up in steps]


def write_archive(
    path: Path,
    shapes: Iterable[tuple[int, Sequence[Ring]]] | None = None,
    *,
    folder: str = "taxi_zones/",
    field: str = "LocationID",
) -> Path:
    """The squares of all zones, or these shapes: zones and their rings."""
    if shapes is None:
        shapes = [(zone, [square(zone)]) for zone in SHAPED_ZONES]
    files = {end: io.BytesIO() for end in ("shp", "shx", "dbf")}
    with shapefile.Writer(**files, shapeType=shapefile.POLYGON) as writer:
        writer.field("OBJECTID", "N", 9)
        writer.field(field, "N", 4)
        for number, (zone, rings) in enumerate(shapes, 1):
            writer.poly([list(ring) for ring in rings])
            writer.record(number, zone)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for end, file in files.items():
            archive.writestr(f"{folder}taxi_zones.{end}", file.getvalue())
    return path

"""The zones' shapes: which zones are on the map, and their outlines for matplotlib."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
from matplotlib.path import Path as Outline

from trip_report.figures import Figures

ON_MAP = "on_map"

Shapes = dict[int, Outline]


def read_shapes(path: Path) -> Shapes:
    """Each zone's outline, by location id; none where the file does not exist.

    Raises ValueError or KeyError if a shape is not a GeoJSON MultiPolygon.
    """
    if not path.is_file():
        return {}
    texts = pd.read_csv(path).set_index("locationid")["geojson"]
    return {int(zone): _outline(json.loads(text)) for zone, text in texts.items()}


def marked_zones(zones: pd.DataFrame, shapes: Shapes) -> pd.DataFrame:
    """The zones with a column that says which are on the map, if there is one."""
    if not shapes:
        return zones
    there = zones.index.isin(list(shapes))
    return zones.assign(**{ON_MAP: pd.Series(there, zones.index).map({True: "yes", False: "no"})})


def trips_on_map(figures: Figures, zones: pd.DataFrame) -> int | None:
    """How many trips the month's map shows: by zone if it has zones, by place otherwise."""
    if ON_MAP in zones and (on_map := int(zones["trips"][zones[ON_MAP] == "yes"].sum())):
        return on_map
    return None if figures.places is None else int(figures.places.sum())


def _outline(shape: dict[str, object]) -> Outline:
    if shape["type"] != "MultiPolygon":
        raise ValueError(f"a shape is a {shape['type']}, expected a MultiPolygon")
    rings = [ring for polygon in shape["coordinates"] for ring in polygon]
    return Outline.make_compound_path(*(Outline(ring, closed=True) for ring in rings))

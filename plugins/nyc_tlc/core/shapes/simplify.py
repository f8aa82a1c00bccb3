"""Outlines with fewer points, such that neighbours still meet.

Simplified one by one, two neighbours get different points on the border that they share, and a map shows
gaps. So outlines are cut where borders meet; each border is simplified by Douglas-Peucker in one direction,
with the same result on both sides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import hypot

Point = tuple[float, float]
Ring = Sequence[Point]  # its last point is its first


def simplified(rings: Sequence[Ring], tolerance: float) -> list[list[Point]]:
    """Every ring without the points that are closer to its new course than the tolerance.

    A ring that is smaller than that has fewer than four points left.
    """
    meeting = _meeting_points(rings)
    return [_simplified_ring(ring, meeting, tolerance) for ring in rings]


def _meeting_points(rings: Iterable[Ring]) -> set[Point]:
    """The points with more than two neighbours, in all rings together."""
    neighbours: defaultdict[Point, set[Point]] = defaultdict(set)
    for ring in rings:
        for one, other in pairwise(ring):
            neighbours[one].add(other)
            neighbours[other].add(one)
    return {point for point, around in neighbours.items() if len(around) > 2}


def _simplified_ring(ring: Ring, meeting: set[Point], tolerance: float) -> list[Point]:
    points = ring[:-1]
    cuts = [place for place, point in enumerate(points) if point in meeting]
    # An island, or the whole border of two: the same start in both rings.
    cuts = cuts or [min(range(len(points)), key=points.__getitem__)]
    turned = [*points[cuts[0] :], *points[: cuts[0]], points[cuts[0]]]
    ends = [cut - cuts[0] for cut in cuts] + [len(points)]
    kept = [turned[0]]
    for start, end in pairwise(ends):
        kept += _simplified_border(turned[start : end + 1], tolerance)[1:]
    return kept


def _simplified_border(border: Sequence[Point], tolerance: float) -> list[Point]:
    if border[0] == border[-1] or border[0] < border[-1]:
        return _douglas_peucker(border, tolerance)
    return _douglas_peucker(border[::-1], tolerance)[::-1]


def _douglas_peucker(points: Sequence[Point], tolerance: float) -> list[Point]:
    kept, spans = {0, len(points) - 1}, [(0, len(points) - 1)]
    while spans:
        start, end = spans.pop()
        distance, farthest = _farthest(points, start, end)
        if distance > tolerance:
            kept.add(farthest)
            spans += [(start, farthest), (farthest, end)]
    return [points[place] for place in sorted(kept)]


def _farthest(points: Sequence[Point], start: int, end: int) -> tuple[float, int]:
    """How far the points between two are from the line through these, at most; and which point it is."""
    (x, y), (x_end, y_end) = points[start], points[end]
    dx, dy = x_end - x, y_end - y
    length = hypot(dx, dy)
    far, which = 0.0, start
    for place in range(start + 1, end):
        px, py = points[place][0] - x, points[place][1] - y
        distance = abs(dx * py - dy * px) / length if length else hypot(px, py)
        if distance > far:
            far, which = distance, place
    return far, which

"""Outlines with fewer points."""

from __future__ import annotations

from itertools import pairwise
from math import cos, pi, sin

import pytest

from nyc_tlc.core.shapes.simplify import Point, simplified

pytestmark = pytest.mark.unit


def wave(start: float, steps: int = 40) -> list[Point]:
    """A crooked border along x = start, from the south to the north."""
    return [(start + sin(step * 1.3) * 3, step * 10.0) for step in range(steps + 1)]


def test_a_border_has_the_same_points_on_both_sides() -> None:
    border = wave(100)
    west = [(0.0, 0.0), (0.0, 400.0), *border[::-1], (0.0, 0.0)]
    east = [*border, (200.0, 400.0), (200.0, 0.0), border[0]]
    one, other = simplified([west, east], tolerance=4)
    kept = {point for point in one if point in border}
    assert kept == {point for point in other if point in border}
    assert border[0] in kept
    assert border[-1] in kept
    assert len(kept) < 20 < len(border)


def test_no_point_that_is_left_out_is_farther_than_the_tolerance() -> None:
    circle = [(100 * cos(step * pi / 180), 100 * sin(step * pi / 180)) for step in range(360)]
    [ring] = simplified([[*circle, circle[0]]], tolerance=1)
    assert ring[0] == ring[-1]
    assert 12 < len(ring) < 60
    assert set(ring) <= set(circle)
    # A chord's middle is nearest to the centre.
    middles = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in pairwise(ring)]
    assert min(x * x + y * y for x, y in middles) ** 0.5 >= 99


def test_a_ring_inside_another_and_its_island_keep_the_same_points() -> None:
    hole = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (5.0, 10.1), (0.0, 10.0), (0.0, 0.0)]
    island = [hole[2], *hole[1::-1], *hole[4:1:-1]]
    assert island[0] == island[-1]
    one, other = simplified([hole, island], tolerance=1)
    assert set(one) == set(other) == {(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)}


def test_a_ring_below_the_tolerance_has_too_few_points_to_draw() -> None:
    [ring] = simplified([[(0.0, 0.0), (0.1, 0.0), (0.1, 0.1), (0.0, 0.0)]], tolerance=1)
    assert len(ring) < 4

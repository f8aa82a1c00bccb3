"""The whole stack, or a part of it, on a real engine, with stand-ins for the official images."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from stack_under_test import Stack, build_stand_ins

from tests.support.trip_data import TripData


@pytest.fixture(scope="session")
def stand_ins(base_image: str, debian_image: str) -> dict[str, str]:
    """Settings that name the images of this test, built from this checkout."""
    return build_stand_ins(python_base=base_image, debian_base=debian_image)


@pytest.fixture(scope="session")
def trip_files(slow_trip_data: TripData) -> Path:
    """A folder with ``trip-data``, which the stack serves."""
    return slow_trip_data.folder


@pytest.fixture(scope="module")
def stack(
    stand_ins: dict[str, str], trip_files: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A project of the test's own; nothing of it stays."""
    stack = Stack(tmp_path_factory.mktemp("stack"), stand_ins, trip_files)
    try:
        yield stack
    finally:
        stack.remove()

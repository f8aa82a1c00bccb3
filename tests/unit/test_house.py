"""The rule of the house: plain rooms do the work and never import airflow, nor what stands above them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

PACKAGE = Path(__file__).parents[2] / "plugins" / "nyc_tlc"
ROOMS = ("contract", "landing", "reader", "postgres", "bigquery", "containers", "reports")
ABOVE = ("airflow", "nyc_tlc.hooks", "nyc_tlc.operators", "nyc_tlc.sensors", "nyc_tlc.wiring")


@pytest.mark.parametrize("room", ROOMS)
def test_a_plain_room_imports_nothing_from_above(room: str) -> None:
    paths = sorted((PACKAGE / room).glob("*.py"))
    assert paths, f"no room {room}: was it renamed?"
    upward = [
        f"{path.name} imports {module}"
        for path in paths
        for module in imports(path)
        if module.startswith(ABOVE)
    ]
    assert upward == []


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module

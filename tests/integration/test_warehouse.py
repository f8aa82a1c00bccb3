"""psql of the embedded warehouse, as ``make psql`` starts it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev import warehouse
from tests.support.debian_postgres import server_folder

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
PSQL = """
from pathlib import Path
from dev import warehouse
home = Path({home!r})
start = warehouse.start
warehouse.start = lambda: start(home)
warehouse.main()
"""


@pytest.fixture
def home() -> Iterator[Path]:
    with server_folder() as folder:
        yield folder / "data"
        warehouse.stop(folder / "data")


def test_psql_takes_what_follows_as_its_own_arguments(home: Path) -> None:
    program = PSQL.format(home=str(home))
    done = subprocess.run(
        [sys.executable, "-c", program, "psql", "-At", "-c", "SELECT current_database(), 1 + 1"],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert (done.stdout, done.returncode) == ("nyc_tlc|2\n", 0), done.stderr


def test_other_actions_take_no_arguments() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dev.warehouse", "status", "-c", "x"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert "unrecognized arguments: -c x" in done.stderr

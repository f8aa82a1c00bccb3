"""The two lines at the end of a run: which tests were skipped, and what they need."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.missing import needs
from tests.support.skips import Tally

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
TESTS = """
import pytest
from tests.support.missing import browser, missing, needs
{marks}
def test_that_runs(): pass
def test_of_an_engine(): missing("a container engine", "start Docker", "refused (really)")
@pytest.mark.skipif(True, reason=needs("an account", "export PROJECT=name"))
def test_of_an_account(): pass
@pytest.fixture
def engine(): missing("a container engine", "start Docker", "no socket")
def test_of_a_fixture(engine): pass
"""
CONFTEST = """
from tests.support.skips import SkipSummary
def pytest_configure(config): config.pluginmanager.register(SkipSummary())
"""


def run_pytest(folder: Path, tally: Path) -> list[str]:
    """In a process of its own; the last lines."""
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_some.py").write_text(TESTS.format(marks=""))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", folder, folder],
        env={"PATH": "/nowhere", "PYTHONPATH": str(ROOT), "TLC_SKIPS": str(tally)},
        cwd=folder, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return [line for line in done.stdout.splitlines() if line.startswith(("1 tests", "To run"))]


def test_a_run_ends_with_what_was_skipped_and_what_provides_it(tmp_path: Path) -> None:
    assert run_pytest(tmp_path, tmp_path / "skips.json") == [
        "1 tests ran, 3 were skipped: 2 need a container engine, 1 need an account.",
        "To run those too: a container engine: start Docker; an account: export PROJECT=name.",
    ]


def test_the_runs_of_make_test_are_added_up(tmp_path: Path) -> None:
    tally, beside = tmp_path / "tmp" / "skips.json", tmp_path / "tmp" / "beside.json"
    for file in (tally, tally, beside):
        run_pytest(tmp_path, file)
    shown = subprocess.run(
        [sys.executable, "-m", "tests.support.skips", tally, beside],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    first, second = shown.stdout.splitlines()
    assert first.startswith("3 tests ran, 9 were skipped: 6 need a container engine, 3 need")
    assert "start Docker" in second


def test_nothing_skipped_is_said_too() -> None:
    assert Tally(ran=1234).lines() == ["1,234 tests ran, none was skipped.", "Nothing is missing."]


def test_every_skip_of_the_tests_names_what_it_needs() -> None:
    """By ``missing``, ``needs``, or one of their constants; never by a text of its own."""
    free = re.compile(
        r"""(?:pytest\.skip\(|skipif\([^)]*reason=)\s*f?["'](?!\{(?:reason|NO_MOUNT)\})"""
    )
    found = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if path != Path(__file__) and free.search(path.read_text())
    ]
    assert found == []
    assert needs("a thing", "make it") == "needs a thing: make it"

"""The locks of ``make test-airflow`` hold what their names say."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
LOCKS = ROOT / "dev" / "locks"
RUN_BY_CI = ("3.1", "3.1.7", "3.2", "3.3.1")


def floors() -> dict[str, str]:
    """The oldest version of each dependency that pyproject.toml admits."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = (re.fullmatch(r"([\w-]+)(?:\[\w+])?>=([\d.]+).*", d) for d in project["dependencies"])
    return {match[1]: match[2] for match in found if match}


def locked(version: str) -> dict[str, str]:
    lines = (LOCKS / f"airflow-{version}.txt").read_text()
    return dict(re.findall(r"^([\w-]+)==([\w.]+)", lines, re.MULTILINE))


def test_the_oldest_lock_has_each_floor() -> None:
    oldest = locked("3.1.7")
    assert len(floors()) >= 15
    for name, floor in floors().items():
        assert f"{oldest[name]}.".startswith(f"{floor}."), f"{name}: floor {floor}"


@pytest.mark.parametrize("version", ["3.1", "3.1.7", "3.2", "3.2.1", "3.3.1"])
def test_a_lock_is_of_its_airflow(version: str) -> None:
    assert f"{locked(version)['apache-airflow']}.".startswith(f"{version}.")


def test_one_lock_has_the_fab_auth_manager() -> None:
    """Without it, tests/dags/test_fab_auth_manager.py would run nowhere, and nobody would notice."""
    assert "apache-airflow-providers-fab" in locked("3.3.1")
    assert '"dags" test-airflow-3.1.7 test-airflow-3.3.1' in (ROOT / ".ci" / "run").read_text()


IMAGE_LOCKS = [
    *(ROOT / "include" / "stack").glob("*requirements.txt"),
    *(ROOT / "include" / "containers").glob("*/requirements.txt"),
]


@pytest.mark.parametrize("lock", IMAGE_LOCKS, ids=lambda lock: f"{lock.parent.name}/{lock.name}")
def test_every_package_of_an_image_has_its_hashes(lock: Path) -> None:
    packages = re.split(r"(?m)^(?=[a-z0-9])", lock.read_text())[1:]
    assert packages
    for package in packages:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", package), package.splitlines()[0]


def test_no_image_installs_a_package_without_checking_its_hash() -> None:
    assert len(IMAGE_LOCKS) == 4
    for file in (ROOT / "Dockerfile", *ROOT.glob("include/**/Dockerfile")):
        for command in re.findall(r"RUN .*pip install.*", file.read_text()):
            assert "--require-hashes" in command or "--build-constraints" in command, command


def test_the_image_builds_the_provider_with_what_pyproject_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    given = (ROOT / "include" / "stack" / "build-requirements.in").read_text().splitlines()[1:]
    assert given == project["build-system"]["requires"]


@pytest.mark.parametrize("version", RUN_BY_CI)
def test_ci_runs_it_and_the_readme_says_so(version: str) -> None:
    exact = locked(version)["apache-airflow"]
    assert f"test-airflow-{version}" in (ROOT / ".ci" / "run").read_text()
    assert f"| {exact} |" in (ROOT / "README.md").read_text()

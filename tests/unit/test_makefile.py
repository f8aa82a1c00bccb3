"""What ``make`` and the git hooks do on a machine that has nothing of the project yet."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
OLD_PYTHON = f"""#!/bin/sh
[ "$1" = -c ] || {{ echo "was run: $*"; exit 0; }}
exec {sys.executable} -c 'import sys; sys.version_info = (3, 9, 18, "final", 0); exec(sys.argv[1])' "$2"
"""
# Writes down what it is asked for. A build waits for the other one, and fails if that does not begin.
STACK_PROGRAM = """#!/bin/sh
echo "$*" >>calls
case "$*" in *build*) ;; *) exit 0 ;; esac
for try in $(seq 200); do
  [ "$(grep -c build calls)" -lt 2 ] || { exit ENDS; }
  sleep 0.05
done
exit 1
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What ``make setup`` reads, without an environment."""
    for name in ("Makefile", "pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    return subprocess.run(
        ["make", "-C", folder, *words], env=environment, capture_output=True, text=True
    )


def test_an_older_python_is_refused_with_what_to_do(clone: Path) -> None:
    python = clone / "python"
    python.write_text(OLD_PYTHON)
    python.chmod(0o755)
    refused = make(clone, "setup", f"PYTHON={python}")
    assert refused.returncode != 0
    assert refused.stdout.count("was run") == 0
    expected = f"{python} is Python 3.9. This project needs 3.11 or newer: make setup PYTHON="
    assert expected in refused.stderr
    assert not (clone / ".venv").exists()


def test_a_python_that_is_not_there_is_named(clone: Path) -> None:
    refused = make(clone, "setup", "PYTHON=python3.99")
    assert refused.returncode != 0
    assert "python3.99 is not there. Install Python 3.11 or newer" in refused.stderr


def test_make_refuses_what_the_package_does_not_run_on() -> None:
    required = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    major, minor = required.removeprefix(">=").split(".")
    assert f"v >= ({major}, {minor})" in (ROOT / "Makefile").read_text()


def test_every_target_that_is_explained_is_no_file() -> None:
    makefile = (ROOT / "Makefile").read_text()
    explained = re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)
    [phony] = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert set(explained) == set(phony.split())


@pytest.mark.parametrize(("command", "ended"), [("sleep 0.4", 0), ("sleep 0.4; false", 2)])
def test_a_silent_command_says_that_it_still_runs(command: str, ended: int) -> None:
    rule = f"slow: ; @$(call with_progress,working,{command})"
    done = make(ROOT, f"--eval={rule}", "slow", "SILENCE=0.1")
    assert done.returncode == ended
    assert re.search(r"^  working: \d+ s$", done.stdout, re.MULTILINE)


def make_up(clone: Path, ends: int = 0) -> subprocess.CompletedProcess[str]:
    program = clone / "program"
    program.write_text(STACK_PROGRAM.replace("ENDS", str(ends)))
    program.chmod(0o755)
    return make(clone, "up", f"PYTHON={program}", f"COMPOSE={program}")


def test_the_stack_s_images_are_built_side_by_side(clone: Path) -> None:
    started = make_up(clone)
    assert started.returncode == 0, started.stderr
    calls = (clone / "calls").read_text().splitlines()
    assert calls[:2] == ["include/stack/env.py make", "include/stack/env.py check"]
    assert set(calls[2:4]) == {"include/containers/build.py", "build"}
    assert calls[4:] == ["up --wait", "include/stack/env.py show"]


def test_nothing_starts_where_an_image_was_not_built(clone: Path) -> None:
    assert make_up(clone, ends=3).returncode != 0
    assert "up --wait" not in (clone / "calls").read_text()


def test_psql_takes_arguments() -> None:
    printed = make(ROOT, "--dry-run", "psql", """ARGS=-c "SELECT 1" """)
    assert 'python -m dev.warehouse psql -c "SELECT 1"' in printed.stdout


def test_a_commit_in_a_fresh_clone_makes_the_environment_first() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    [repo] = config["repos"]
    first, *others = repo["hooks"]
    assert config["fail_fast"]
    assert first["entry"] == "make --silent setup"
    assert first["always_run"]
    programs = [Path(hook["entry"].split()[0]) for hook in others]
    assert {program.parent for program in programs} == {Path(".venv/bin")}
    assert all((Path(sys.executable).parent / program.name).exists() for program in programs)

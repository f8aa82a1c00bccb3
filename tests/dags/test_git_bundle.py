"""DAGs from a git repository, configured as in docs/deployment.md."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.dags

ROOT = Path(__file__).parents[2]
DAG_FILES = {path.name for path in (ROOT / "dags").glob("*.py")}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The DAGs of this checkout, and what they read, in a repository of their own."""
    folder = tmp_path / "repository"
    for name in ("dags", "include/sql"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, "all DAGs")
    return folder


@pytest.fixture
def bundle(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """By the documented configuration, with another address."""
    from airflow.providers.git.bundles.git import GitDagBundle

    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH", str(tmp_path / "bundles"))
    page = (ROOT / "docs" / "deployment.md").read_text()
    found = re.search(r"DAG_BUNDLE_CONFIG_LIST='(.+?)'", page, re.DOTALL)
    assert found
    [configured] = json.loads(found[1])
    assert configured["classpath"] == f"{GitDagBundle.__module__}.{GitDagBundle.__name__}"
    kwargs = {**configured["kwargs"], "repo_url": str(repository)}
    return GitDagBundle(name=configured["name"], **kwargs)


def test_a_bundle_of_a_git_repository_delivers_the_dags(
    bundle: Any, repository: Path, dag_bag: Any
) -> None:
    bundle.initialize()
    version = bundle.get_current_version()
    assert getattr(version, "version", version) == git(repository, "rev-parse", "HEAD")
    assert {path.name for path in bundle.path.glob("*.py")} == DAG_FILES
    delivered = type(dag_bag)(dag_folder=str(bundle.path))
    assert delivered.import_errors == {}
    assert set(delivered.dags) == set(dag_bag.dags)


def test_pushed_dags_appear_and_removed_dags_disappear(bundle: Any, repository: Path) -> None:
    bundle.initialize()
    (repository / "dags" / "tlc_range.py").unlink()
    (repository / "dags" / "another.py").write_text("")
    commit(repository, "one goes, one comes")
    bundle.refresh()
    names = {path.name for path in bundle.path.glob("*.py")}
    assert names == DAG_FILES - {"tlc_range.py"} | {"another.py"}


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "--all")
    git(folder, "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-m", message)


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *words], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()

"""DAGs from a git repository: by the settings of .env, from real git servers on loopback."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from tests.support.compose_tool import dags_settings
from tests.support.git_servers import (
    TOKEN,
    SshServer,
    commit,
    git,
    http_server,
    ssh_server,
)

pytestmark = pytest.mark.dags

ROOT = Path(__file__).parents[2]
DAG_FILES = {path.name for path in (ROOT / "dags").glob("*.py")}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The DAGs of this checkout in a repository of their own: a work tree that pushes to served.git."""
    folder = tmp_path / "repository"
    shutil.copytree(ROOT / "dags", folder / "dags", ignore=shutil.ignore_patterns("__pycache__"))
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, "all DAGs")
    git(tmp_path, "clone", "--quiet", "--bare", str(folder), "served.git")
    git(folder, "remote", "add", "origin", str(tmp_path / "served.git"))
    return folder


@pytest.fixture
def bundle_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, Any], Any]:
    """The bundle of the stack's settings, as Airflow makes it."""
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH", str(tmp_path / "bundles"))

    def made(configured: Any, connection: Any) -> Any:
        from airflow.providers.git.bundles.git import GitDagBundle

        assert configured["classpath"] == f"{GitDagBundle.__module__}.{GitDagBundle.__name__}"
        monkeypatch.setenv("AIRFLOW_CONN_DAGS_REPO", json.dumps(connection))
        return GitDagBundle(name=configured["name"], **configured["kwargs"])

    return made


@pytest.fixture
def http(repository: Path) -> Iterator[str]:
    with http_server(repository.parent) as base:
        yield f"{base}/served.git"


@pytest.fixture
def ssh(repository: Path, tmp_path: Path) -> Iterator[SshServer]:
    with ssh_server(tmp_path / "ssh") as server:
        yield replace(server, base=f"{server.base}{tmp_path}/served.git")


def version_of(bundle: Any) -> str:
    version = bundle.get_current_version()
    return str(getattr(version, "version", version))


def test_a_bundle_of_a_git_repository_delivers_the_dags(
    http: str, repository: Path, bundle_of: Any, tmp_path: Path, dag_bag: Any
) -> None:
    bundle = bundle_of(*dags_settings(tmp_path, DAGS_REPO=http, DAGS_TOKEN=TOKEN))
    bundle.initialize()
    assert version_of(bundle) == git(repository, "rev-parse", "HEAD")
    delivered = type(dag_bag)(dag_folder=str(bundle.path))
    assert delivered.import_errors == {}
    assert set(delivered.dags) == set(dag_bag.dags)
    # An older provider keeps the token in its clone, below AIRFLOW_HOME; the stack has a newer one.
    if int(version("apache-airflow-providers-git").partition(".")[0]) >= 1:
        assert TOKEN not in (bundle.bare_repo_path / "config").read_text()


def test_pushed_dags_appear_and_removed_dags_disappear(
    http: str, repository: Path, bundle_of: Any, tmp_path: Path
) -> None:
    bundle = bundle_of(*dags_settings(tmp_path, DAGS_REPO=http, DAGS_TOKEN=TOKEN))
    bundle.initialize()
    (repository / "dags" / "tlc_range.py").unlink()
    (repository / "dags" / "another.py").write_text("")
    pushed = commit(repository, "one goes, one comes")
    git(repository, "push", "--quiet", "origin", "main")
    bundle.refresh()
    assert version_of(bundle) == pushed
    names = {path.name for path in bundle.path.glob("*.py")}
    assert names == DAG_FILES - {"tlc_range.py"} | {"another.py"}


def test_a_wrong_token_delivers_nothing(
    http: str, bundle_of: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import airflow.providers.git.bundles.git as module

    if hasattr(module, "_bare_clone_wait"):
        monkeypatch.setattr("time.sleep", lambda _: None)
    bundle = bundle_of(*dags_settings(tmp_path, DAGS_REPO=http, DAGS_TOKEN="another"))
    with pytest.raises(RuntimeError, match="Error cloning repository") as raised:
        bundle.initialize()
    assert "another" not in str(raised.value)


def test_over_ssh_with_a_key_and_a_known_host(
    ssh: SshServer, repository: Path, bundle_of: Any, tmp_path: Path
) -> None:
    bundle = bundle_of(*ssh_settings(ssh, tmp_path, ssh.known_hosts))
    bundle.initialize()
    assert version_of(bundle) == git(repository, "rev-parse", "HEAD")


def test_over_ssh_another_server_is_refused(
    ssh: SshServer, bundle_of: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    others = tmp_path / "others"
    others.write_text(ssh.known_hosts.read_text().split()[0] + " " + OTHER_KEY)
    bundle = bundle_of(*ssh_settings(ssh, tmp_path, others))
    with pytest.raises(RuntimeError, match="Error cloning repository") as raised:
        bundle.initialize()
    assert "Host key verification failed" in str(raised.value.__cause__)


OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"


def ssh_settings(ssh: SshServer, tmp_path: Path, known_hosts: Path) -> tuple[Any, Any]:
    """With the files where the test has them, since the containers' folder of secrets is not here."""
    files = {"DAGS_KEY_FILE": str(ssh.key), "DAGS_KNOWN_HOSTS_FILE": str(known_hosts)}
    configured, connection = dags_settings(tmp_path, DAGS_REPO=ssh.base, **files)
    connection["extra"] |= {"key_file": str(ssh.key), "known_hosts_file": str(known_hosts)}
    return configured, connection


def test_the_documented_bundle_is_the_stack_s(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "deployment.md").read_text()
    found = re.search(
        r"DAG_BUNDLE_CONFIG_LIST='(\[\{\s*\"name\": \"nyc-tlc-git.+?)'", page, re.DOTALL
    )
    assert found
    [documented] = json.loads(found[1])
    configured, _ = dags_settings(tmp_path, DAGS_REPO="https://example.com/you/nyc-tlc.git")
    assert documented["classpath"] == configured["classpath"]
    assert set(documented["kwargs"]) == set(configured["kwargs"])

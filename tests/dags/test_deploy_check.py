"""``airflow tlc deploy-check`` on a real git repository."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nyc_tlc.__main__ import parser
from nyc_tlc.cli import deploy_check
from nyc_tlc.cli.commits import RepositoryError, resolve
from tests.support.git_servers import commit, git

pytestmark = pytest.mark.dags

DAG = """
from airflow.sdk import DAG, Param
from airflow.providers.standard.operators.empty import EmptyOperator

with DAG("{dag_id}", schedule={schedule!r}, params={{"month": Param({default!r})}}):
    EmptyOperator(task_id="{task_id}")
"""
SAME = {"schedule": None, "default": "2021-01", "task_id": "load"}
BROKEN = "from airflow.no_such_module import DAG\n"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A commit that is deployed, tagged so, and one to deploy; the current folder."""
    folder = tmp_path_factory.mktemp("repository")
    (folder / "dags" / "sql").mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    for dag_id in ("same", "other", "leaving", "breaking"):
        write(folder, dag_id)
    commit(folder, "what is deployed")
    git(folder, "tag", "deployed")
    change(folder)
    commit(folder, "what would be deployed")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder


def change(folder: Path) -> None:
    (folder / "dags" / "leaving.py").unlink()
    (folder / "dags" / "breaking.py").write_text(BROKEN)
    write(folder, "coming")
    write(folder, "other", schedule="@monthly", default="2022-02", task_id="merge")
    (folder / "dags" / "sql" / "query.sql").write_text("SELECT 1")
    (folder / "requirements.txt").write_text("airflow-provider-nyc-tlc>=99.1  # new\n")


def write(folder: Path, dag_id: str, **changed: Any) -> None:
    text = DAG.format(dag_id=dag_id, **SAME | changed)
    (folder / "dags" / f"{dag_id}.py").write_text(text)


@pytest.fixture(scope="module")
def lines(repository: Path) -> list[deploy_check.Line]:
    return list(deploy_check.compare("HEAD", "deployed", "dags"))


def test_what_a_commit_changes(lines: list[deploy_check.Line]) -> None:
    assert {(line.of, line.change) for line in lines if line.ok} == {
        ("coming", "added"), ("leaving", "removed"), ("other", "changed"),
        ("dags/sql/query.sql", "file changed"),
    }  # fmt: skip
    [other] = [line.detail for line in lines if line.of == "other"]
    for detail in ("schedule: ", "params: month (default)", "tasks: + merge", "tasks: - load"):
        assert detail in other


def test_why_a_commit_must_not_be_deployed(lines: list[deploy_check.Line]) -> None:
    """A file that cannot be imported, whose DAGs Airflow keeps; a provider that is not out yet."""
    problems = {line.of: line for line in lines if not line.ok}
    assert problems["airflow-provider-nyc-tlc"].change == "too old"
    assert problems["breaking.py"].change == "import error"
    assert "no_such_module" in problems["breaking.py"].detail
    assert len(problems) == 2
    assert {line.of for line in lines[:2]} == set(problems), "problems come first"


@pytest.mark.parametrize("good", [True, False])
def test_the_exit_code_and_the_json_are_for_ci(
    good: bool,
    lines: list[deploy_check.Line],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = [line for line in lines if line.ok >= good]
    monkeypatch.setattr(deploy_check, "compare", lambda *_: shown)
    args = parser().parse_args(["deploy-check", "--output", "json"])
    if good:
        args.func(args)
    else:
        with pytest.raises(SystemExit) as ended:
            args.func(args)
        assert ended.value.code == 1
    assert len(json.loads(capsys.readouterr().out)) == len(shown)


def test_an_unknown_commit_is_named(repository: Path) -> None:
    with pytest.raises(RepositoryError, match="--output=x is not a commit"):
        resolve("--output=x")

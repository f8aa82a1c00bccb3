"""The documentation's DAG files load, and its runs have params that the DAGs accept."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.support.pages import Block, blocks, commands, rest_calls

pytestmark = pytest.mark.dags

CONF = ("--conf", "--dag-run-conf")
CONFIGURED = [(page, argv) for page, argv in commands("airflow") if set(CONF) & set(argv)]


@pytest.mark.parametrize(("page", "argv"), CONFIGURED)
def test_a_command_s_conf_fits_its_dag(dag_bag: Any, page: str, argv: list[str]) -> None:
    [option] = set(CONF) & set(argv)
    named = argv[argv.index("--dag-id") + 1] if "--dag-id" in argv else argv[2]
    accept(dag_bag, named, json.loads(argv[argv.index(option) + 1]))


def test_the_conf_of_a_rest_call_fits_its_dag(dag_bag: Any) -> None:
    runs = [call for call in rest_calls() if call.path.endswith("/dagRuns") and call.body]
    assert runs
    for call in runs:
        assert call.body.keys() <= {"logical_date", "conf"}
        accept(dag_bag, call.path.split("/")[1], call.body["conf"])


def accept(dag_bag: Any, dag_id: str, conf: dict[str, Any]) -> None:
    params = deepcopy(dag_bag.dags[dag_id].params)
    assert conf.keys() <= set(params)
    for name, value in conf.items():
        params[name] = value
    params.validate()


@pytest.mark.parametrize("block", [b for b in blocks() if b.language == "python"], ids=str)
def test_a_python_block_is_a_dag_file(
    load_dags: Callable[[Path], Any], tmp_path: Path, block: Block, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its script's image is one that it tells the reader to add."""
    from nyc_tlc.core.containers import sandbox

    monkeypatch.setattr(sandbox, "SCORE", "nyc-tlc-score:1", raising=False)
    file = tmp_path / "shown.py"
    file.write_text(block.text)
    bag = load_dags(file)
    assert bag.import_errors == {}
    [dag] = bag.dags.values()
    assert dag.tasks

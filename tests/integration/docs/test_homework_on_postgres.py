"""docs/homework.md from top to bottom on Postgres: its load commands, then its queries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nyc_tlc.cli.steps import Options, load_month
from tests.support.homework import ROWS, make_files, queries, require_answers

pytestmark = [
    pytest.mark.integration,
    # The SQL is the same on each server; what loads is tested on all of them.
    pytest.mark.parametrize("postgres_socket", [18], indirect=True, ids=["postgres18"]),
]


def test_each_command_loads_and_each_query_answers(
    database: dict[str, str], connection: psycopg.Connection[Any],
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    source = {
        "conn_type": "nyc_tlc", "host": tmp_path.as_uri(),
        "extra": {"csv_base": tmp_path.as_uri()},
    }  # fmt: skip
    warehouse = {
        "conn_type": "postgres", "host": database["host"], "login": database["user"],
        "schema": database["dbname"],
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_TLC_DEFAULT", json.dumps(source))
    monkeypatch.setenv("AIRFLOW_CONN_TLC_POSTGRES", json.dumps(warehouse))
    monkeypatch.setenv("AIRFLOW_VAR_TLC_LANDING", (tmp_path / "landing").as_uri())
    asked = make_files(tmp_path)
    for each in asked:
        assert load_month(each.file, Options(), lambda _: None)["rows"] == ROWS
    answers = {query: connection.execute(query).fetchall() for query in queries("Postgres")}
    require_answers(answers, asked)

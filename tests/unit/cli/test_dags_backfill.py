"""Airflow 2's ``dags backfill``: each option is forwarded, or refused with an alternative."""

from __future__ import annotations

import argparse
import importlib
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from nyc_tlc.cli import dags_backfill

pytestmark = pytest.mark.unit

YEAR = ["green", "-s", "2019-01-01", "-e", "2019-12-01"]
FORWARDED_YEAR = [
    "backfill", "create", "--dag-id", "green", "--from-date", "2019-01-01",
    "--to-date", "2019-12-01",
]  # fmt: skip


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="airflow dags backfill")
    for arg in dags_backfill.COMMAND.args:
        arg.add_to_parser(parser)
    return parser.parse_args(words)


@pytest.mark.parametrize(
    ("words", "more"),
    [
        ([], []),
        (["-n"], ["--dry-run"]),
        (["--dry-run"], ["--dry-run"]),
        (["-c", '{"force": true}'], ["--dag-run-conf", '{"force": true}']),
        (["--conf", "{}"], ["--dag-run-conf", "{}"]),
        (["--reset-dagruns"], ["--reprocess-behavior", "completed"]),
        (["--rerun-failed-tasks"], ["--reprocess-behavior", "failed"]),
        (["--reset-dagruns", "--rerun-failed-tasks"], ["--reprocess-behavior", "completed"]),
        (["-B"], ["--run-backwards"]),
        (["--run-backwards"], ["--run-backwards"]),
        (["--max-active-runs", "3"], ["--max-active-runs", "3"]),
        (["-y", "-v", "-x", "--continue-on-failures"], []),
    ],
)
def test_what_airflow_2_users_type_becomes_backfill_create(
    words: list[str], more: list[str]
) -> None:
    assert dags_backfill.forwarded(parsed(*YEAR, *words)) == [*FORWARDED_YEAR, *more]


@pytest.mark.parametrize("flag", ["-s", "-e"])
def test_a_single_date_is_both_first_and_last_as_in_airflow_2(flag: str) -> None:
    words = dags_backfill.forwarded(parsed("green", flag, "2019-03-01"))
    assert words[4:] == ["--from-date", "2019-03-01", "--to-date", "2019-03-01"]


def test_without_a_date_the_error_shows_how_to_give_one() -> None:
    with pytest.raises(SystemExit, match="-s 2019-01-01 -e 2019-12-01"):
        dags_backfill.forwarded(parsed("green"))


@pytest.mark.parametrize("flag", [flag for flags in dags_backfill.OTHER_WAYS for flag in flags])
def test_other_options_of_airflow_2_are_refused_with_an_alternative(
    flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    takes_a_value = flag in {"-S", "--subdir", "-t", "--task-regex", "--pool", "--delay-on-limit"}
    with pytest.raises(SystemExit) as ended:
        parsed(*YEAR, flag, *(["x"] if takes_a_value else []))
    assert ended.value.code == 2
    message = capsys.readouterr().err
    assert f"Airflow 3 has no {flag}. " in message
    assert len(message) > len(f"airflow dags backfill: Airflow 3 has no {flag}. ") + 20


def test_what_is_forwarded_is_understood_by_airflows_own_parser() -> None:
    from airflow.cli.cli_parser import get_parser

    words = dags_backfill.forwarded(
        parsed(*YEAR, "-n", "-B", "-c", "{}", "--reset-dagruns", "--max-active-runs", "3")
    )
    args = get_parser().parse_args(words)
    assert (args.dag_id, args.dry_run, args.run_backwards) == ("green", True, True)
    assert (args.dag_run_conf, args.reprocess_behavior, args.max_active_runs) == (
        "{}", "completed", 3,
    )  # fmt: skip


def test_the_command_is_added_to_airflows_own_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.cli.cli_config import core_commands

    groups = [*core_commands]
    parser = SimpleNamespace(airflow_commands=groups)
    monkeypatch.setitem(sys.modules, "airflow.cli.cli_parser", parser)
    before = {command.name for command in _dags(groups).subcommands}
    dags_backfill.restore()
    dags_backfill.restore()
    names = [command.name for command in _dags(groups).subcommands]
    assert sorted(names) == sorted({*before, "backfill"})
    assert len(groups) == len(core_commands)


@pytest.mark.parametrize(
    "internals",
    [
        SimpleNamespace(),
        SimpleNamespace(airflow_commands=None),
        SimpleNamespace(airflow_commands=[]),
        SimpleNamespace(airflow_commands=["dags"]),
        SimpleNamespace(airflow_commands=[SimpleNamespace(name="dags")]),
        SimpleNamespace(airflow_commands=(SimpleNamespace(name="dags", subcommands=()),)),
    ],
)
def test_nothing_changes_if_airflows_internals_differ(
    internals: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "airflow.cli.cli_parser", internals)
    before = str(internals)
    dags_backfill.restore()
    assert str(internals) == before


def test_the_provider_info_names_the_function_with_the_commands() -> None:
    from airflow.cli.cli_config import ActionCommand, GroupCommand

    from nyc_tlc.get_provider_info import get_provider_info

    [path] = get_provider_info()["cli"]
    module, name = path.rsplit(".", 1)
    for command in getattr(importlib.import_module(module), name)():
        assert isinstance(command, ActionCommand | GroupCommand)


def _dags(groups: list[Any]) -> Any:
    [dags] = [group for group in groups if group.name == "dags"]
    return dags

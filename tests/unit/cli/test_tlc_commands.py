"""``airflow tlc``: arguments, months, states and findings, without any service."""

from __future__ import annotations

import datetime as dt
import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.version_compat import AIRFLOW_V_3_2_PLUS
from rich.console import Console

from nyc_tlc.__main__ import parser
from nyc_tlc.cli import airflow_checks, checkup, doctor, months, session
from nyc_tlc.cli.load import months_of
from nyc_tlc.cli.steps import default_source
from nyc_tlc.core.catalog import Month, Source, Taxi, TripFile
from nyc_tlc.core.errors import MonthError
from nyc_tlc.core.months import MonthState, State, files_of
from nyc_tlc.core.postgres.health import Health
from tests.support.missing import AIRFLOW_3_2

pytestmark = pytest.mark.unit

HEALTHY = {
    "version_number": 180004, "version": "18.4", "database": "nyc_tlc", "login": "loader",
    "clock": 1000.0, "database_bytes": 5_000_000, "may_create_schemas": False,
    "may_create_in_schema": True, "may_create_in_staging": True, "has_staging": True,
    "data_directory": None, "tables_of_others": [],
}  # fmt: skip


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["2021-01"], ["2021-01"]),
        (["2020-12..2021-02"], ["2020-12", "2021-01", "2021-02"]),
        (["2021-02", "2021-01..2021-02"], ["2021-02", "2021-01"]),
    ],
)
def test_months_are_given_one_by_one_or_as_ranges(words: list[str], expected: list[str]) -> None:
    assert [str(month) for month in months_of(words)] == expected


@pytest.mark.parametrize("word", ["2021", "2021-13", "2021-02..2021-01", "2021-01.."])
def test_an_invalid_month_is_refused(word: str) -> None:
    if word.endswith(".."):
        assert [str(month) for month in months_of([word])] == ["2021-01"]
        return
    with pytest.raises(MonthError, match="Expected|Swap the two months"):
        months_of([word])


@pytest.mark.skipif(not AIRFLOW_V_3_2_PLUS, reason=AIRFLOW_3_2)
def test_both_command_lines_have_the_same_commands() -> None:
    from airflow.cli.cli_parser import get_parser

    for words in (["months", "green", "-o", "json"], ["load", "fhv", "2021-01"], ["doctor"]):
        ours = vars(parser().parse_args(words))
        airflows = vars(get_parser().parse_args(["tlc", *words]))
        assert {**ours, "subcommand": None} == {**airflows, "subcommand": None}


def test_without_an_option_the_source_is_the_setting_s(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parser().parse_args(["load", "green", "2021-01"]).source is None
    monkeypatch.delenv("AIRFLOW_VAR_TLC_SOURCE", raising=False)
    assert default_source() == "parquet"
    monkeypatch.setenv("AIRFLOW_VAR_TLC_SOURCE", "csv")
    assert default_source() == "csv"


def test_a_taxi_s_months_go_from_its_first_to_last_month() -> None:
    files = files_of(["green"], None, None, "parquet")
    assert files[0] == TripFile(Taxi.GREEN, Month(2013, 8))
    assert files[-1].month.shift(1) == Month.of(dt.datetime.now(dt.UTC).date())
    named = files_of([], "2013-07", "2013-08", "csv")
    assert named == [
        TripFile(taxi, Month.parse(month), Source.CSV)
        for taxi, month in (("yellow", "2013-07"), ("yellow", "2013-08"), ("green", "2013-08"))
        for taxi in [Taxi(taxi)]
    ]


def test_the_matrix_has_one_row_per_year_and_lists_failures() -> None:
    console = Console(width=100, record=True, file=io.StringIO())
    taxi = Taxi.GREEN
    months._print_matrices(
        console,
        [
            MonthState(taxi, Month(2020, 12), State.MISSING),
            MonthState(taxi, Month(2021, 1), State.LOADED, 5),
            MonthState(
                taxi, Month(2021, 3), State.FAILED, error="check: RowCountMismatchError: odd"
            ),
        ],
    )
    lines = [line.rstrip() for line in console.export_text().splitlines()]
    assert lines[0].startswith("green  1 loaded, 1 failed, 1 missing")
    assert lines[2] == "2020" + " " * 35 + "○"
    assert lines[3] == "2021  ●     ✗"
    assert lines[-2:] == ["✗ green 2021-03", "  check: RowCountMismatchError: odd"]


def health(**changed: Any) -> Health:
    return Health(**{**HEALTHY, **changed})


@pytest.mark.parametrize(
    ("changed", "seen", "advice"),
    [
        ({}, "may make tables", ""),
        ({"may_create_in_schema": False}, "loader may not make tables in public", "GRANT"),
        ({"may_create_in_staging": False}, "make tables in staging", "ON SCHEMA staging TO"),
        (
            {"has_staging": False, "may_create_in_staging": False},
            "make the schema staging",
            'CREATE SCHEMA staging AUTHORIZATION "loader";',
        ),
        (
            {"has_staging": False, "may_create_in_staging": False, "may_create_schemas": True},
            "may make tables",
            "",
        ),
        (
            {"tables_of_others": ["green_tripdata", "tlc_load"]},
            "may not change green_tripdata; nor change tlc_load",
            'ALTER TABLE public.tlc_load OWNER TO "loader";',
        ),
    ],
)
def test_a_missing_right_is_shown_with_its_grant(
    changed: dict[str, Any], seen: str, advice: str
) -> None:
    found = checkup.rights(health(**changed))
    assert found.ok is (not advice)
    assert seen in found.seen
    assert advice in found.advice


def test_an_old_server_is_named() -> None:
    assert checkup.version(health()).ok
    old = checkup.version(health(version_number=120000, version="12.1"))
    assert (old.ok, old.seen) == (False, "PostgreSQL 12.1")


@pytest.mark.parametrize(
    ("here", "well", "seen"),
    [(1001.0, True, "as here"), (1100.0, False, "100 s behind"), (900.0, False, "100 s ahead of")],
)
def test_a_clock_that_differs_is_named(here: float, well: bool, seen: str) -> None:
    found = checkup.clock(health(), here)
    assert found.ok is well
    assert seen in found.seen


def test_the_server_s_disk_is_seen_where_its_folder_is(tmp_path: Path) -> None:
    assert "free space unknown" in checkup.disk(health()).seen
    assert "are free" in checkup.disk(health(data_directory=str(tmp_path))).seen


def test_for_missing_landing_the_parent_folder_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_TLC_LANDING", (tmp_path / "new" / "landing").as_uri())
    folder, disk = checkup.try_landing()
    assert folder.ok
    assert "can be written" in folder.seen
    assert "are free" in disk.seen


def test_landing_that_others_can_write_to_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing").chmod(0o777)
    monkeypatch.setenv("AIRFLOW_VAR_TLC_LANDING", (tmp_path / "landing").as_uri())
    folder, _ = checkup.try_landing()
    assert not folder.ok
    assert "others can write to" in folder.seen


def test_a_source_without_recent_months_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = {"conn_type": "nyc_tlc", "host": tmp_path.as_uri()}
    monkeypatch.setenv("AIRFLOW_CONN_TLC_DEFAULT", json.dumps(source))
    found = checkup.published()
    assert found.seen == "nothing of the last 6 months"
    assert doctor._mark(found).plain == "!"
    assert "connection tlc_default" in found.advice


SMTP = "airflow.providers.smtp.notifications.smtp.SmtpNotifier"


def test_each_notifier_is_made_and_its_connection_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mail = {"to": "a@example.org", "from_email": "b@example.org"}
    kinds = [
        {"notifier": SMTP, "kwargs": mail},
        {"notifier": SMTP, "kwargs": {**mail, "smtp_conn_id": "not_there"}},
        {"notifier": "airflow.providers.nowhere.notifications.x.XNotifier"},
    ]
    monkeypatch.setenv("AIRFLOW_VAR_TLC_NOTIFIERS", json.dumps(kinds))
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", "smtp://localhost")
    good, unconnected, absent = airflow_checks.try_notifiers()
    assert good.ok
    assert not unconnected.ok
    assert "not_there" in unconnected.seen
    assert not absent.ok
    assert "(apache-airflow-providers-nowhere)" in absent.seen


def test_a_paused_dag_with_queued_runs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airflow_checks, "queued_runs_of_paused_dags", lambda: {"tlc_range": 2})
    [found] = airflow_checks.try_paused_dags()
    assert found.seen == "tlc_range is paused and has 2 queued runs"
    assert doctor._mark(found).plain == "!"
    assert found.advice.endswith("airflow dags unpause tlc_range")


def test_a_landing_store_that_cannot_be_opened_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_TLC_LANDING", "nosuch://bucket/landing")
    [store] = checkup.try_landing()
    assert not store.ok
    assert "nosuch://bucket/landing cannot be opened" in store.seen


@pytest.mark.parametrize("in_a_terminal", [False, True])
def test_a_command_without_output_shows_on_stderr_that_it_still_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], in_a_terminal: bool
) -> None:
    monkeypatch.setattr(session, "SILENCE_SECONDS", 0.02)
    if in_a_terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")
    with session.working("reading green 2021-01"):
        time.sleep(0.1)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert ("  reading green 2021-01: 0 s\n" in shown.err) != in_a_terminal
    assert "reading green 2021-01" in shown.err

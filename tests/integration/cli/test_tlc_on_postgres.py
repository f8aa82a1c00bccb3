"""``airflow tlc`` and ``python -m nyc_tlc`` as users run them, on a real Postgres."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dev.generator import era_of, write
from dev.http_server import Answer, Site
from tests.support.missing import AIRFLOW_3_2

pytestmark = [
    pytest.mark.integration,
    # The commands are the same on each server; what they run is tested on all of them.
    pytest.mark.parametrize("postgres_socket", [18], indirect=True, ids=["postgres18"]),
]

AIRFLOW = str(Path(sys.executable).with_name("airflow"))
MONTHS = {"2020-03": 900, "2020-04": 400}


@pytest.fixture
def source(tmp_path: Path) -> str:
    folder = tmp_path / "trip-data"
    for month, rows in MONTHS.items():
        write(
            folder / f"green_tripdata_{month}.parquet", era_of("green", month), month, rows, seed=1
        )
    return folder.as_uri()


@pytest.fixture
def environment(
    database: dict[str, str], source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    warehouse = {
        "conn_type": "postgres", "host": database["host"], "login": database["user"],
        "schema": database["dbname"],
    }  # fmt: skip
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")},
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW_CONN_TLC_POSTGRES": json.dumps(warehouse),
        "AIRFLOW_CONN_TLC_DEFAULT": json.dumps({"conn_type": "nyc_tlc", "host": source}),
        "AIRFLOW_VAR_TLC_LANDING": (tmp_path / "landing").as_uri(),
        "COLUMNS": "120",
    }


def run(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("command", [(AIRFLOW, "tlc"), (sys.executable, "-m", "nyc_tlc")], ids=str)
def test_months_are_loaded_and_shown(
    command: tuple[str, ...], environment: dict[str, str], connection: psycopg.Connection[Any]
) -> None:
    if command[0] == AIRFLOW and not _takes_commands_from_providers():
        pytest.skip(AIRFLOW_3_2)  # earlier ones take no commands from providers
    loaded = run(environment, *command, "load", "green", "2020-03..2020-05")
    assert loaded.returncode == 1, loaded.stderr
    first, second, third, *_, last = loaded.stdout.splitlines()
    assert first.split()[:6] == ["✓", "green", "2020-03", "loaded", "900", "rows"]
    assert second.split()[:6] == ["✓", "green", "2020-04", "loaded", "400", "rows"]
    assert third.split()[:4] == ["✗", "green", "2020-05", "failed"]
    assert last.startswith("2 loaded, 1 failed: 1,300 rows in ")
    assert "NotPublishedError: " in loaded.stdout
    assert connection.execute("SELECT count(*) FROM green_tripdata").fetchone() == (1300,)
    staging = "SELECT count(*) FROM pg_tables WHERE schemaname = 'staging'"
    assert connection.execute(staging).fetchone() == (0,)
    failed = (
        "SELECT dag_id, file_month::text, task_id, error_class FROM tlc_load"
        " WHERE outcome = 'failed'"
    )
    [(dag_id, month, *why)] = connection.execute(failed).fetchall()
    assert (dag_id, month) == ("airflow tlc load", "2020-05-01")
    assert why == ["find", "NotPublishedError"]

    as_loaded = run(environment, *command, "verify")
    assert as_loaded.stdout.splitlines()[-1] == "2 months as loaded, 0 changed", as_loaded.stderr
    connection.execute("UPDATE green_tripdata SET extra = 7 WHERE file_month = '2020-04-01'")
    changed = run(environment, *command, "verify", "green", "2020-03..2020-04", "-o", "json")
    assert changed.returncode == 1
    march, april = json.loads(changed.stdout)
    assert (march["changes"], april["month"]) == (None, "2020-04")
    assert "rows do not match their unique_row_id" in april["changes"]

    again = run(environment, *command, "load", "green", "2020-03")
    assert again.returncode == 0
    assert again.stdout.splitlines()[0].split()[:4] == ["=", "green", "2020-03", "unchanged"]
    forced = run(environment, *command, "load", "green", "2020-03", "--force")
    assert "loaded" in forced.stdout

    words = ("months", "green", "--from", "2020-02", "--to", "2020-05")
    shown = run(environment, *command, *words, "-o", "json")
    assert json.loads(shown.stdout) == [
        _month("2020-02", "not published"),
        _month("2020-03", "loaded", rows="900"),
        _month("2020-04", "loaded", rows="400"),
        _month("2020-05", "not published"),
    ]
    matrix = run(environment, *command, *words)
    assert matrix.stdout.splitlines()[2].split() == ["2020", "·", "●", "●", "·"]


def test_missing_and_failed_months_are_shown_differently(
    environment: dict[str, str], source: str, tmp_path: Path
) -> None:
    (tmp_path / "trip-data" / "green_tripdata_2020-04.parquet").write_bytes(b"no Parquet")
    broken = run(environment, sys.executable, "-m", "nyc_tlc", "load", "green", "2020-04")
    assert broken.returncode == 1
    words = ("months", "green", "--from", "2020-03", "--to", "2020-04", "-o", "json")
    shown = run(environment, sys.executable, "-m", "nyc_tlc", *words)
    march, april = json.loads(shown.stdout)
    assert march == _month("2020-03", "missing")
    assert april["state"] == "failed"
    assert april["error"].startswith("download: BadFileError: ")


@pytest.mark.parametrize("words", [("load", "green", "2013-07"), ("load", "green", "2021")])
def test_a_month_that_the_taxi_does_not_have_is_refused(
    environment: dict[str, str], words: tuple[str, ...]
) -> None:
    refused = run(environment, sys.executable, "-m", "nyc_tlc", *words)
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert words[-1] in refused.stderr


def test_the_doctor_finds_no_problem_except_the_mirror(environment: dict[str, str]) -> None:
    environment["AIRFLOW_CONN_TLC_DEFAULT"] = json.dumps(
        {"conn_type": "nyc_tlc", "host": "file:///nowhere", "extra": {"csv_base": "file:///no"}}
    )
    asked = run(environment, sys.executable, "-m", "nyc_tlc", "doctor", "-o", "json")
    assert asked.returncode == 1
    found = {(each["of"], each["what"]): each for each in json.loads(asked.stdout)}
    wrong = [key for key, each in found.items() if each["ok"] == "False"]
    assert wrong == [("tlc_default", "parquet"), ("tlc_default", "csv")]
    assert found["tlc_postgres", "version"]["seen"].startswith("PostgreSQL ")
    assert found["tlc_postgres", "clock"]["seen"] == "as here"


def test_the_doctor_names_a_server_that_is_not_there(environment: dict[str, str]) -> None:
    environment["AIRFLOW_CONN_TLC_POSTGRES"] = "postgres://someone:secret@127.0.0.1:1/nowhere"
    asked = run(environment, sys.executable, "-m", "nyc_tlc", "doctor")
    assert asked.returncode == 1
    text = " ".join(asked.stdout.split())
    assert "✗ server WarehouseUnreachableError" in text
    assert "host 127.0.0.1, port 1, database nowhere, user someone" in text
    assert "secret" not in asked.stdout + asked.stderr
    del environment["AIRFLOW_CONN_TLC_POSTGRES"]
    undefined = run(environment, sys.executable, "-m", "nyc_tlc", "doctor")
    assert "AIRFLOW_CONN_TLC_POSTGRES='postgres://user:secret@host" in undefined.stdout


def test_the_doctor_shows_the_missing_rights_of_a_login(
    environment: dict[str, str], database: dict[str, str], connection: psycopg.Connection[Any]
) -> None:
    connection.execute("CREATE TABLE green_tripdata (filename text)")
    connection.execute("CREATE ROLE nobody_much LOGIN")
    connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    login = {
        "conn_type": "postgres", "host": database["host"], "login": "nobody_much",
        "schema": database["dbname"],
    }  # fmt: skip
    environment["AIRFLOW_CONN_TLC_POSTGRES"] = json.dumps(login)
    try:
        asked = run(environment, sys.executable, "-m", "nyc_tlc", "doctor", "-o", "json")
    finally:
        connection.execute("DROP ROLE nobody_much")
    [rights] = [each for each in json.loads(asked.stdout) if each["what"] == "rights"]
    assert rights["seen"] == (
        "nobody_much may not make tables in public; nor make the schema staging; "
        "nor change green_tripdata"
    )
    assert 'GRANT USAGE, CREATE ON SCHEMA public TO "nobody_much";' in rights["advice"]
    assert 'ALTER TABLE public.green_tripdata OWNER TO "nobody_much";' in rights["advice"]


@pytest.mark.usefixtures("postgres_socket")
def test_throttling_does_not_show_a_month_as_unpublished(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TLC answers 403 both for a month that is not there and to who asks too much."""
    from rich.console import Console

    from nyc_tlc.cli.publication import Publication
    from nyc_tlc.core.catalog import Month, Taxi, TripFile

    files = [TripFile(Taxi.GREEN, month) for month in Month(2021, 1).through(Month(2021, 4))]
    for file in files[:3]:
        site.publish(file.name, b"PAR1")
    source = {"conn_type": "nyc_tlc", "host": site.base}
    monkeypatch.setenv("AIRFLOW_CONN_TLC_DEFAULT", json.dumps(source))
    monkeypatch.setattr("nyc_tlc.cli.publication.AT_ONCE", 1)
    site.head = Answer(405)
    # The first month and the one that has long been published; then all is well again.
    site.will_answer(Answer(403), Answer(403))
    publication = Publication(Console(quiet=True))
    publication.ask(files)
    assert [publication.of(file) for file in files] == [True, True, True, False]
    assert publication.failure is None


def _month(month: str, state: str, rows: str | None = None) -> dict[str, Any]:
    return {"taxi": "green", "month": month, "state": state, "rows": rows, "error": None}


def _takes_commands_from_providers() -> bool:
    from airflow.providers_manager import ProvidersManager

    return hasattr(ProvidersManager, "cli_command_functions")

"""``make demo``, ``make ui`` and ``bin/airflow`` on one checkout: what they share, and what they say."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from dev import cli, demo, three_months
from dev.environment import SAMPLES, airflow_environment, choose_source
from dev.one_at_a_time import only_scheduler
from dev.progress import progress

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
TLC = {"conn_type": "nyc_tlc", "host": "https://example.org/trip-data"}
SAMPLE_SOURCE = {"conn_type": "nyc_tlc", "host": SAMPLES.as_uri()}
IGNORES_SIGTERM = """
import signal, time
signal.signal(15, lambda *_: None)
print("on", flush=True)
time.sleep(60)
"""


def caller(home: Path) -> dict[str, str]:
    return {"AIRFLOW_HOME": str(home), "AIRFLOW_CONN_TLC_POSTGRES": "postgres://nowhere"}


def test_a_second_scheduler_is_refused_and_the_first_one_named(tmp_path: Path) -> None:
    with (
        only_scheduler(tmp_path, "http://127.0.0.1:1"),
        pytest.raises(
            SystemExit, match=r"\(process \d+, http://127.0.0.1:1\) is running on .*Ctrl-C"
        ),
        only_scheduler(tmp_path, "http://127.0.0.1:2"),
    ):
        pass
    with only_scheduler(tmp_path, "http://127.0.0.1:3"):
        pass


def test_the_samples_stay_the_source_until_a_demo_reaches_tlc(tmp_path: Path) -> None:
    assert "AIRFLOW_CONN_TLC_DEFAULT" not in airflow_environment(caller(tmp_path))
    choose_source(tmp_path, SAMPLE_SOURCE)
    chosen = airflow_environment(caller(tmp_path))["AIRFLOW_CONN_TLC_DEFAULT"]
    assert json.loads(chosen) == SAMPLE_SOURCE
    own = {**caller(tmp_path), "AIRFLOW_CONN_TLC_DEFAULT": "file:///mine"}
    assert airflow_environment(own)["AIRFLOW_CONN_TLC_DEFAULT"] == "file:///mine"
    choose_source(tmp_path, TLC)
    assert "AIRFLOW_CONN_TLC_DEFAULT" not in airflow_environment(caller(tmp_path))


def test_bigquery_has_dags_where_google_cloud_is_set_up(tmp_path: Path) -> None:
    assert airflow_environment(caller(tmp_path))["TLC_WAREHOUSES"] == "postgres"
    cloud = {**caller(tmp_path), "AIRFLOW_VAR_GCP_PROJECT_ID": "mine"}
    assert "TLC_WAREHOUSES" not in airflow_environment(cloud)
    asked = {**caller(tmp_path), "TLC_WAREHOUSES": "postgres,bigquery"}
    assert airflow_environment(asked)["TLC_WAREHOUSES"] == "postgres,bigquery"


@pytest.mark.parametrize(("source", "month"), [(TLC, "2021-04"), (SAMPLE_SOURCE, "2021-03")])
def test_the_demo_s_last_lines_name_a_month_that_its_source_has(
    source: dict[str, str], month: str
) -> None:
    steps = demo._next_steps(
        {"AIRFLOW_CONN_TLC_DEFAULT": json.dumps(source), "DOCKER_HOST": "unix:///nowhere"}
    )
    assert f'"month": "{month}"' in steps
    if source is SAMPLE_SOURCE:
        assert (SAMPLES / f"green_tripdata_{month}.parquet").exists()
        assert '"force": true' in steps, "the demo has loaded it"


def test_the_demo_says_which_source_it_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_TLC_DEFAULT", raising=False)
    monkeypatch.setattr(three_months, "_tlc_answers", lambda: False)
    environment = three_months.with_source({"AIRFLOW_HOME": str(tmp_path)})
    assert json.loads(environment["AIRFLOW_CONN_TLC_DEFAULT"]) == SAMPLE_SOURCE
    assert json.loads((tmp_path / "source.json").read_text()) == SAMPLE_SOURCE


def test_a_silent_step_says_how_long_it_has_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("waiting", every=0.02):
        time.sleep(0.1)
    with progress("quick"):
        pass
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert set(lines) == {"  waiting: 0 s"}


def test_the_demo_s_first_line_does_not_wait_for_airflow_s_imports() -> None:
    """In a fresh environment Python compiles them, which takes many times as long."""
    script = "import sys, dev.demo, dev.ui; sys.exit('airflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT).returncode == 0


def test_the_first_command_says_on_stderr_that_it_prepares_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its stdout may be read by a program."""
    monkeypatch.setattr(cli, "progress", partial(progress, every=0.02))
    monkeypatch.setattr(cli, "airflow_environment", dict)
    monkeypatch.setattr(cli, "prepare", lambda environment: time.sleep(0.1))
    monkeypatch.setattr(os, "execve", lambda *command: None)
    cli.main()
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "  preparing Airflow's database: 0 s\n" in shown.err


def test_sigterm_ends_a_command_that_ignores_it(tmp_path: Path) -> None:
    """As ``airflow dags test`` does after its first task."""
    script = (
        "import dev.cli, os, sys; dev.cli.GRACE_SECONDS = 0.1;"
        f"command = [sys.executable, '-c', {IGNORES_SIGTERM!r}];"
        "sys.exit(dev.cli.run_until_terminated(command, dict(os.environ)))"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"on\n"
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 128 + signal.SIGKILL
    assert time.monotonic() - began < 5

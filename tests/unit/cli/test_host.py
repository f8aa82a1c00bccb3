"""What the doctor says of the machine: folders, disk, line ends, .env, Compose."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import env as stack_env
import pytest

from nyc_tlc.cli import host
from nyc_tlc.cli.checkup import Finding

pytestmark = pytest.mark.unit


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("bin/airflow", "include/warehouse/use_settings.sh", "Makefile", ".env"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"a\nb\n")
    (tmp_path / ".env").chmod(0o600)
    return tmp_path


def test_a_home_that_others_can_write_to_is_a_problem(tmp_path: Path) -> None:
    home = tmp_path / "airflow"
    assert host.home(home).ok
    home.mkdir(mode=0o700)
    assert host.home(home).ok
    home.chmod(0o777)
    found = host.home(home)
    assert not found.ok
    assert found.seen == f"{home} is not safe: others can write to {home} (mode 0777)"
    assert found.advice.endswith("chown, chmod go-w.")


def test_a_full_disk_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert host.disk(tmp_path / "not" / "yet").ok == (shutil.disk_usage(tmp_path).free >= 5e9)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1e9))
    assert host.disk(tmp_path).advice == "Airflow's logs need room. Free some space."


def test_windows_line_ends_are_a_problem(checkout: Path) -> None:
    assert host.line_ends(checkout).ok
    for name in ("bin/airflow", "include/warehouse/use_settings.sh"):
        (checkout / name).write_bytes(b"a\r\nb\r\n")
    found = host.line_ends(checkout)
    assert not found.ok
    assert found.seen == "CRLF in bin/airflow, include/warehouse/use_settings.sh"


def test_secrets_that_others_can_read_are_a_problem(checkout: Path) -> None:
    env = checkout / ".env"
    assert [found.ok for found in host.secrets(env)] == [True]
    env.chmod(0o644)
    [found] = host.secrets(env)
    assert (found.ok, found.advice) == (False, "chmod 600 .env")
    env.unlink()
    assert list(host.secrets(env)) == []


@pytest.mark.parametrize(
    ("script", "seen", "ok"),
    [
        ("echo v2.40.3", "Docker Compose 2.40.3", True),
        ("echo 2.23.0", "Docker Compose 2.23.0", False),
        ("exit 1", "docker compose does not work", False),
    ],
)
def test_an_old_compose_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, seen: str, ok: bool
) -> None:
    program = tmp_path / "docker"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = host.compose()
    assert (found.seen, found.ok) == (seen, ok)


def test_the_stack_and_the_doctor_ask_for_the_same_compose() -> None:
    assert host.OLDEST_COMPOSE == stack_env.OLDEST_COMPOSE


def test_outside_a_checkout_only_the_machine_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__DAGS_FOLDER", "/nowhere/dags")
    found: list[Finding] = list(host.examine_host())
    assert [each.what for each in found] == ["AIRFLOW_HOME", "disk"]

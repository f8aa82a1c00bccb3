"""The environment of a development Airflow, on a machine with other users."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from dev import environment

pytestmark = pytest.mark.unit

CALLER = {"AIRFLOW_CONN_TLC_POSTGRES": "postgres://unused"}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_other_users_cannot_read_the_admin_s_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Airflow writes it to AIRFLOW_HOME with mode 0644, and its database too."""
    monkeypatch.setattr(environment, "LOCAL", tmp_path)
    for _ in ("a new folder", "one of before, open to all"):
        environment.airflow_environment(CALLER)
        assert mode(tmp_path / "airflow") == 0o700
        (tmp_path / "airflow").chmod(0o755)


def test_a_home_that_the_caller_names_is_made_private_and_not_changed_later(tmp_path: Path) -> None:
    home = tmp_path / "mine"
    caller = {**CALLER, "AIRFLOW_HOME": str(home)}
    environment.airflow_environment(caller)
    assert mode(home) == 0o700
    home.chmod(0o755)
    environment.airflow_environment(caller)
    assert mode(home) == 0o755

"""The user and the limits of a script's container."""

from __future__ import annotations

import os

import pytest

from nyc_tlc.core.containers.sandbox import IMAGE_USER, container_user, host_config

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("uid", "gid", "user"),
    [
        (0, 0, f"{IMAGE_USER}:{IMAGE_USER}"),
        (1000, 1000, "1000:1000"),
        (50000, 0, "50000:50000"),
    ],
    ids=["root", "somebody", "Airflow's image"],
)
def test_the_container_runs_as_the_workers_user_but_never_as_root(
    monkeypatch: pytest.MonkeyPatch, uid: int, gid: int, user: str
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: uid)
    monkeypatch.setattr(os, "getgid", lambda: gid)
    assert container_user() == user


def test_cpu_is_a_hard_limit_and_swap_does_not_extend_memory() -> None:
    given = host_config("512m", 1.5)
    assert given["nano_cpus"] == 1_500_000_000
    assert given["memswap_limit"] == "512m"

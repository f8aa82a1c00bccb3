"""What is mounted of the shared folder, by what the engine can do."""

from __future__ import annotations

from typing import Any

import pytest

from nyc_tlc.core.containers.sandbox import SharedFolder

pytestmark = pytest.mark.unit

OLD, NEW = "1.41", "1.45"


def mounted(engine_api: str, *shared: str) -> list[tuple[Any, ...]]:
    """Kind, source, part of a volume, target, and whether it can only be read."""
    return [
        (m["Type"], m["Source"], m.get("VolumeOptions", {}).get("Subpath"), m["Target"], m["ReadOnly"])
        for m in SharedFolder(*shared).mounts(engine_api)
    ]  # fmt: skip


@pytest.mark.parametrize("engine_api", [OLD, NEW])
def test_of_a_folder_the_container_gets_its_part(engine_api: str) -> None:
    assert mounted(engine_api, "/srv/reports", "green/2021-01", "input") == [
        ("bind", "/srv/reports/green/2021-01", None, "/data/green/2021-01", False),
        ("bind", "/srv/reports/green/2021-01/input", None, "/data/green/2021-01/input", True),
    ]
    assert mounted(engine_api, "/srv/reports", "products") == [
        ("bind", "/srv/reports/products", None, "/data/products", False)
    ]


def test_of_a_volume_it_does_where_the_engine_can_mount_a_part() -> None:
    assert mounted(NEW, "a_reports", "green/2021-01", "input") == [
        ("volume", "a_reports", "green/2021-01", "/data/green/2021-01", False),
        ("volume", "a_reports", "green/2021-01/input", "/data/green/2021-01/input", True),
    ]
    assert mounted("1.51", "a_reports", "x")[0][2] == "x"


def test_an_older_engine_mounts_the_volume_whole_and_paths_stay() -> None:
    assert mounted(OLD, "a_reports", "green/2021-01", "input") == [
        ("volume", "a_reports", None, "/data", False)
    ]


def test_without_a_part_it_is_all_and_without_a_mount_nothing() -> None:
    assert mounted(NEW, "/srv/reports") == [("bind", "/srv/reports", None, "/data", False)]
    assert mounted(NEW, "a_reports") == [("volume", "a_reports", None, "/data", False)]
    assert mounted(NEW, "") == []

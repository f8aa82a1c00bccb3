"""Which part of the shared folder is mounted, depending on the engine's features."""

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
def test_the_container_gets_its_part_of_a_folder(engine_api: str) -> None:
    assert mounted(engine_api, "/srv/reports", "green/2021-01", "input") == [
        ("bind", "/srv/reports/green/2021-01", None, "/data/green/2021-01", False),
        ("bind", "/srv/reports/green/2021-01/input", None, "/data/green/2021-01/input", True),
    ]
    assert mounted(engine_api, "/srv/reports", "products") == [
        ("bind", "/srv/reports/products", None, "/data/products", False)
    ]


def test_the_container_gets_its_part_of_a_volume_if_the_engine_can_mount_it() -> None:
    assert mounted(NEW, "a_reports", "green/2021-01", "input") == [
        ("volume", "a_reports", "green/2021-01", "/data/green/2021-01", False),
        ("volume", "a_reports", "green/2021-01/input", "/data/green/2021-01/input", True),
    ]
    assert mounted("1.51", "a_reports", "x")[0][2] == "x"


def test_an_older_engine_mounts_the_whole_volume_with_the_same_paths() -> None:
    assert mounted(OLD, "a_reports", "green/2021-01", "input") == [
        ("volume", "a_reports", None, "/data", False)
    ]


def test_without_a_part_all_is_mounted_and_without_a_mount_nothing() -> None:
    assert mounted(NEW, "/srv/reports") == [("bind", "/srv/reports", None, "/data", False)]
    assert mounted(NEW, "a_reports") == [("volume", "a_reports", None, "/data", False)]
    assert mounted(NEW, "") == []

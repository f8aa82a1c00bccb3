"""Which months are outdated: decided by the ledger alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from nyc_tlc.core.postgres.ledger import latest_load, made_of, stale_months
from tests.support.trip_files import load_month, trip_file, write_month

pytestmark = pytest.mark.integration

Connection = psycopg.Connection[Any]
Made = dict[Path, int]


def stale(connection: Connection, made: Made) -> list[str]:
    loads = [
        (file.taxi, file.month, load_id)
        for path, load_id in made.items()
        if (file := trip_file(path))
    ]
    found = stale_months(connection, "public", made_of(loads))
    return [f"{file.taxi} {file.month}" for file in found]


def newest(connection: Connection, path: Path) -> int:
    load = latest_load(connection, "public", trip_file(path))
    assert load is not None
    return load.load_id


def test_a_month_is_stale_until_its_newest_load_is_used(
    connection: Connection, tmp_path: Path
) -> None:
    assert stale(connection, {}) == []
    green = write_month(tmp_path, month="2021-02", rows=10)
    fhv = write_month(tmp_path, "fhv", rows=10)
    for path in (green, fhv):
        load_month(connection, path)
    assert stale(connection, {}) == ["fhv 2021-01", "green 2021-02"]

    made = {path: newest(connection, path) for path in (green, fhv)}
    assert stale(connection, {green: made[green]}) == ["fhv 2021-01"]
    assert stale(connection, made) == []

    load_month(connection, write_month(tmp_path, month="2021-02", rows=7))
    assert stale(connection, made) == ["green 2021-02"]


def test_results_of_another_taxi_or_month_do_not_count(
    connection: Connection, tmp_path: Path
) -> None:
    path = write_month(tmp_path, rows=10)
    load_month(connection, path)
    other = {path.with_name(f"{name}.parquet"): newest(connection, path)
             for name in ("yellow_tripdata_2021-01", "green_tripdata_2021-02")}  # fmt: skip
    assert stale(connection, other) == ["green 2021-01"]

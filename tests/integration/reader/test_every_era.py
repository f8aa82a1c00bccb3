"""Every trip file at hand, loaded into Postgres and compared cell by cell with another reading."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import psycopg
import pytest
from independent import expected_rows, loaded_rows

from dev.generator import CSV_ERAS
from nyc_tlc.core.catalog import Taxi
from nyc_tlc.core.contract.matching import match_columns
from nyc_tlc.core.contract.model import load_contract
from tests.support.trip_data import TripData, every_trip_data

pytestmark = pytest.mark.integration

FOLDERS = ("heads", "samples", "csv-mirror", "trip-data")
REAL_FILES = {"heads": 303, "samples": 97, "csv-mirror": 6, "trip-data": 13}
GENERATED_FILES = {
    "heads": len(CSV_ERAS), "samples": len(CSV_ERAS), "csv-mirror": 6, "trip-data": 13,
}  # fmt: skip

Connection = psycopg.Connection[Any]


def without_cut_line(path: Path, folder: Path) -> Path:
    """The first 1,024 bytes of a file, without their last line."""
    whole = folder / path.name
    whole.write_bytes(path.read_bytes().rpartition(b"\n")[0] + b"\n")
    return whole


def files_in(*folders: str) -> list[Any]:
    """Of generated trip files, and of TLC's own where they are."""
    return [
        pytest.param(path, id=f"{data}-{path.stem}")
        for data in every_trip_data()
        for folder in folders
        for path in sorted((data / folder).iterdir())
    ]


def test_all_the_files_are_here(trip_data: TripData) -> None:
    found = {folder: len(list((trip_data / folder).iterdir())) for folder in FOLDERS}
    assert found == (REAL_FILES if trip_data.is_real else GENERATED_FILES)


@pytest.mark.parametrize("path", files_in("heads"))
def test_a_head_is_loaded_cell_by_cell(path: Path, tmp_path: Path, warehouse: Connection) -> None:
    head = without_cut_line(path, tmp_path)
    assert loaded_rows(warehouse, head) == expected_rows(head)


@pytest.mark.parametrize("path", files_in("samples", "csv-mirror", "trip-data"))
def test_a_file_is_loaded_cell_by_cell(path: Path, warehouse: Connection) -> None:
    assert loaded_rows(warehouse, path) == expected_rows(path)


def test_every_file_of_the_manifest_matches_its_contract(trip_data: TripData) -> None:
    with (trip_data / "reference/tlc_manifest.csv").open(newline="") as file:
        entries = list(csv.DictReader(file))
    assert len(entries) == (487 if trip_data.is_real else 19)
    for entry in entries:
        contract = load_contract(Taxi(entry["file_name"].split("_")[0]))
        matched = match_columns(contract, entry["columns"].split(","))
        assert matched.unknown == (), entry["file_name"]

"""Every real file at hand, loaded into Postgres and compared cell by cell with an independent reader."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import psycopg
import pytest
from independent import expected_rows, loaded_rows

from nyc_tlc.core.catalog import Taxi
from nyc_tlc.core.contract.matching import match_columns
from nyc_tlc.core.contract.model import load_contract

pytestmark = pytest.mark.integration

DATA = Path(os.environ.get("TLC_REAL_DATA", Path(__file__).parents[4] / "shared" / "data"))
KINDS = {
    "heads": sorted(DATA.glob("heads/*.csv")),
    "samples": sorted(DATA.glob("samples/*.csv")),
    "csv-mirror": sorted(DATA.glob("csv-mirror/*")),
    "trip-data": sorted(DATA.glob("trip-data/*.parquet")),
}
EXPECTED_FILES = {"heads": 303, "samples": 97, "csv-mirror": 6, "trip-data": 13}
WHOLE_FILES = KINDS["samples"] + KINDS["csv-mirror"] + KINDS["trip-data"]

Connection = psycopg.Connection[Any]


def without_cut_line(path: Path, folder: Path) -> Path:
    """The first 1,024 bytes of a file, without their last line."""
    whole = folder / path.name
    whole.write_bytes(path.read_bytes().rpartition(b"\n")[0] + b"\n")
    return whole


def test_all_real_files_are_present(real_data: Path) -> None:
    assert {kind: len(paths) for kind, paths in KINDS.items()} == EXPECTED_FILES


@pytest.mark.parametrize("path", KINDS["heads"], ids=lambda path: path.stem)
def test_a_head_is_loaded_cell_by_cell(path: Path, tmp_path: Path, warehouse: Connection) -> None:
    head = without_cut_line(path, tmp_path)
    assert loaded_rows(warehouse, head) == expected_rows(head)


@pytest.mark.parametrize("path", WHOLE_FILES, ids=lambda path: path.stem)
def test_a_file_is_loaded_cell_by_cell(path: Path, warehouse: Connection) -> None:
    assert loaded_rows(warehouse, path) == expected_rows(path)


def test_every_official_file_matches_its_contract(real_data: Path) -> None:
    with (real_data / "reference" / "tlc_manifest.csv").open(newline="") as file:
        entries = list(csv.DictReader(file))
    assert len(entries) == 487
    for entry in entries:
        contract = load_contract(Taxi(entry["file_name"].split("_")[0]))
        matched = match_columns(contract, entry["columns"].split(","))
        assert matched.unknown == (), entry["file_name"]

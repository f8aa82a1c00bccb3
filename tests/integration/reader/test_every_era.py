"""Every real file at hand, cell by cell against a reading of its own: csv or plain pyarrow."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import os
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from nyc_tlc.catalog import Taxi
from nyc_tlc.contract import load_contract, match_columns
from nyc_tlc.landing.verify import count_rows
from nyc_tlc.reader import TripReader

pytestmark = pytest.mark.integration

DATA = Path(os.environ.get("TLC_REAL_DATA", Path(__file__).parents[4] / "shared" / "data"))
KINDS = {
    "heads": sorted(DATA.glob("heads/*.csv")),
    "samples": sorted(DATA.glob("samples/*.csv")),
    "csv-mirror": sorted(DATA.glob("csv-mirror/*")),
    "trip-data": sorted(DATA.glob("trip-data/*.parquet")),
}
EXPECTED_FILES = {"heads": 303, "samples": 97, "csv-mirror": 6, "trip-data": 13}

Row = dict[str, Any]


def contract_of(path: Path) -> Any:
    return load_contract(Taxi(path.name.split("_")[0]))


def header_names(path: Path) -> dict[str, str]:
    """Every name a file may use, to its canonical one."""
    return {
        known: column.name
        for column in contract_of(path).columns
        if not column.derived
        for known in (column.name, *column.aliases)
    }


def convert(column: Any, value: Any) -> Row:
    """One cell as the contract has it: a code and its word may both come of it."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return {} if column.type != "text" or value in (None, "") else {column.name: value}
    if column.type == "timestamp":
        return {column.name: value if isinstance(value, dt.datetime) else parse_time(value)}
    if column.type == "text":
        return {column.name: str(value)}
    if column.type == "float":
        return {column.name: float(value)}
    try:
        number = float(value)
    except ValueError:
        word = {column.word_column: value}
        code = column.words.get(value.strip().lower())
        return word if code is None else {**word, column.name: code}
    assert number == int(number)
    return {column.name: int(number)}


def parse_time(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text.strip())


def canonical(path: Path, header: list[str], values: list[Any]) -> Row:
    names, contract = header_names(path), contract_of(path)
    row: Row = {}
    for name, value in zip(header, values, strict=False):
        canonical_name = names.get(name.strip().lower())
        if canonical_name is not None:
            row |= convert(contract.column(canonical_name), value)
    return row


def csv_rows(path: Path) -> list[Row]:
    raw = path.read_bytes()
    raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
    lines = [line for line in csv.reader(io.StringIO(raw.decode(), newline="")) if any(line)]
    header, *records = lines
    return [canonical(path, header, record) for record in records if record != header]


def parquet_rows(path: Path) -> list[Row]:
    table = pq.read_table(path)
    columns = [column.to_pylist() for column in table.columns]
    return [canonical(path, table.column_names, list(row)) for row in zip(*columns, strict=True)]


def read_rows(path: Path) -> list[Row]:
    """What the reader makes of a file, without NULLs and the fingerprint."""
    return [
        {
            name: value
            for name, value in row.items()
            if value is not None and name != "unique_row_id"
        }
        for batch in TripReader(path, contract_of(path)).batches()
        for row in batch.to_pylist()
    ]


def without_cut_line(path: Path, folder: Path) -> Path:
    """The first 1,024 bytes of a file, without their last line."""
    whole = folder / path.name
    whole.write_bytes(path.read_bytes().rpartition(b"\n")[0] + b"\n")
    return whole


def test_all_the_files_are_here(real_data: Path) -> None:
    assert {kind: len(paths) for kind, paths in KINDS.items()} == EXPECTED_FILES


@pytest.mark.parametrize("path", KINDS["heads"], ids=lambda path: path.stem)
def test_a_head_is_read_cell_by_cell(path: Path, tmp_path: Path) -> None:
    head = without_cut_line(path, tmp_path)
    rows = read_rows(head)
    assert rows == csv_rows(head)
    assert count_rows(head, head.name, "") == len(rows)


@pytest.mark.parametrize("path", KINDS["samples"] + KINDS["csv-mirror"], ids=lambda path: path.stem)
def test_a_csv_file_is_read_cell_by_cell(path: Path) -> None:
    rows = read_rows(path)
    assert rows == csv_rows(path)
    assert count_rows(path, path.name, "") == len(rows)


@pytest.mark.parametrize("path", KINDS["trip-data"], ids=lambda path: path.stem)
def test_a_parquet_file_is_read_cell_by_cell(path: Path) -> None:
    rows = read_rows(path)
    assert rows == parquet_rows(path)
    assert count_rows(path, path.name, "") == len(rows)


def test_every_official_file_matches_its_contract(real_data: Path) -> None:
    with (real_data / "reference" / "tlc_manifest.csv").open(newline="") as file:
        entries = list(csv.DictReader(file))
    assert len(entries) == 487
    for entry in entries:
        contract = load_contract(Taxi(entry["file_name"].split("_")[0]))
        matched = match_columns(contract, entry["columns"].split(","))
        assert matched.unknown == (), entry["file_name"]

"""A generated file of every era, loaded and compared cell by cell."""

from __future__ import annotations

import gzip
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from independent import contract_of, csv_rows, expected_rows, loaded_rows, without_nulls

from dev.generator import CSV_ERAS, ERAS, CsvStyle, Era, era_of, write
from dev.generator.for_hire import FHVHV_CSV_2021
from nyc_tlc.core.landing.verify import count_rows
from nyc_tlc.core.reader import engine, lines
from nyc_tlc.core.reader.trips import TripReader

pytestmark = pytest.mark.integration

ROWS = 2_000
CASES = [
    *[(era, ending) for era in ERAS for ending in ("parquet", "csv", "csv.gz")],
    *[(era, ending) for era in CSV_ERAS for ending in ("csv", "csv.gz")],
]

STYLES = st.builds(
    CsvStyle,
    end=st.sampled_from(["\n", "\r\n"]),
    blank_second_line=st.booleans(),
    header_again=st.booleans(),
    surplus=st.integers(0, 3),
    quoted=st.booleans(),
    digits=st.sampled_from([None, 17]),
)


def name_of(case: Era | str) -> str:
    return case if isinstance(case, str) else f"{case.taxi}-{case.since}"


def write_era(folder: Path, era: Era, ending: str, rows: int, seed: int = 0) -> Path:
    path = folder / f"{era.taxi}_tripdata_{era.since}.{ending}"
    write(path, era, era.since, rows, seed)
    return path


@pytest.mark.parametrize(("era", "ending"), CASES, ids=name_of)
def test_a_file_of_every_era_is_loaded_cell_by_cell(
    era: Era, ending: str, tmp_path: Path, warehouse: psycopg.Connection[Any]
) -> None:
    path = write_era(tmp_path, era, ending, ROWS)
    assert TripReader(path, contract_of(path)).match.unknown == ()
    rows = loaded_rows(warehouse, path)
    assert len(rows) == ROWS
    assert rows == expected_rows(path)


def test_a_row_group_larger_than_memory_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A month of fhvhv is 450 MB in one row group."""
    path, rows = tmp_path / "fhvhv_tripdata_2021-01.parquet", 1_000_000
    write(path, era_of("fhvhv", "2021-01"), "2021-01", rows, group_rows=rows)
    limit = 32 << 20
    assert path.stat().st_size > limit
    monkeypatch.setattr(engine, "MEMORY_LIMIT", f"{limit} B")
    batches = TripReader(path, contract_of(path)).batches()
    assert sum(batch.num_rows for batch in batches) == rows


def test_the_generator_has_every_layout_of_a_real_file(real_data: Path) -> None:
    """Header names with their blanks and cases, in the order in which the files have them."""
    heads = {path.read_text().splitlines()[0] for path in real_data.glob("heads/*.csv")}
    ours = {
        ",".join(f'"{c.name}"' if era.style.quoted else c.name for c in era.columns if c.in_csv)
        for era in CSV_ERAS
        if era is not FHVHV_CSV_2021  # of the course's mirror; TLC has published none
    }
    assert heads == ours


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    era=st.sampled_from([*ERAS, *CSV_ERAS]),
    style=STYLES,
    rows=st.integers(0, 60),
    seed=st.integers(0, 1 << 20),
    block=st.sampled_from([900, 1 << 21]),
    ending=st.sampled_from(["csv", "csv.gz"]),
    blank_lines=st.integers(0, 3),
)
def test_any_mix_of_era_and_style_is_read_completely(
    era: Era, style: CsvStyle, rows: int, seed: int, block: int, ending: str, blank_lines: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write_era(Path(folder), replace(era, style=style), ending, rows, seed)
        append(path, (style.end * blank_lines).encode())
        with mock.patch.object(lines, "BLOCK_BYTES", block):
            found = pa.Table.from_batches(TripReader(path, contract_of(path)).batches())
        assert [without_nulls(row) for row in found.to_pylist()] == csv_rows(path)
        assert found.num_rows == rows == count_rows(path, path.name, "")


def append(path: Path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write(gzip.compress(content) if path.suffix == ".gz" else content)

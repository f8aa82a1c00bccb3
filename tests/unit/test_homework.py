"""docs/homework.md: its counts against TLC's manifest, and each question of the course is there."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
import sqlglot

from tests.support import homework

pytestmark = pytest.mark.unit


def test_the_counts_of_parquet_are_those_of_the_manifest(real_data: Path) -> None:
    with (real_data / "reference/tlc_manifest.csv").open(newline="") as file:
        rows = {row["file_name"]: int(row["rows"]) for row in csv.DictReader(file)}
    counts = homework.counts()
    assert len(counts) == 9
    for count in counts:
        prefixes = tuple(f"{count.taxi}_tripdata_{month}" for month in count.months)
        assert sum(n for name, n in rows.items() if name.startswith(prefixes)) == count.parquet


def test_the_counts_of_the_mirror_are_those_that_the_questions_expect() -> None:
    expected = re.findall(r"^Expected: `([\d,]+)`", homework.PAGE.read_text(), re.MULTILINE)
    asked = {"yellow 2020", "green 2020", "yellow 2021-03", "yellow 2019 2020", "green 2019 2020"}
    for count in homework.counts():
        if " ".join((count.taxi, *count.months)) in asked | {"fhv 2019"}:
            assert f"{count.csv:,}" in expected


def test_every_question_of_modules_2_and_3_is_answered() -> None:
    for module, last in ((2, 6), (3, 9)):
        page = re.split(r"^## ", homework.PAGE.read_text(), flags=re.MULTILINE)
        [section] = [part for part in page if part.startswith(f"Module {module}")]
        found = re.findall(r"^### Questions? (\d)(?: to (\d))?", section, re.MULTILINE)
        asked = [n for first, to in found for n in range(int(first), int(to or first) + 1)]
        assert asked == list(range(1, last + 1))
        parts = re.split(r"^### Question \d", section, flags=re.MULTILINE)[1:]
        assert all("Expected: " in part or "America/New_York" in part for part in parts)


@pytest.mark.parametrize("statement", homework.queries("BigQuery"))
def test_bigquery_s_own_grammar_accepts_each_statement(statement: str) -> None:
    assert sqlglot.parse_one(statement, read="bigquery").sql(dialect="bigquery")


def test_the_time_zone_is_new_york_s() -> None:
    [example] = homework.blocks("python")
    names: dict[str, object] = {}
    exec(example, names)
    assert str(names["AT_NINE"]._timezone) == "America/New_York"  # type: ignore[attr-defined]

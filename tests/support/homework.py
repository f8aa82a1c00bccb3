"""docs/homework.md as data: its load commands, its SQL and its table of counts."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.generator import csv_era_of, era_of, write
from nyc_tlc.__main__ import parser
from nyc_tlc.cli.load import months_of
from nyc_tlc.core.catalog import TripFile

ROWS = 40
PAGE = Path(__file__).parents[2] / "docs" / "homework.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| (\w+) ([\d-]+)(?: and (\d{4}))? \| ([\d,]+) \| ([\d,]+) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Count:
    """``months`` are prefixes of months, such as 2020 or 2020-01."""

    taxi: str
    months: tuple[str, ...]
    csv: int
    parquet: int


def blocks(language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(PAGE.read_text()) if kind == language]


def load_commands() -> list[list[str]]:
    """The words after ``airflow tlc``."""
    lines = (line for block in blocks("bash") for line in block.splitlines())
    return [shlex.split(line)[2:] for line in lines if line.startswith("airflow tlc load")]


def queries(warehouse: str) -> list[str]:
    """The statements for ``Postgres`` or ``BigQuery``, in the page's order."""
    found = []
    for block in blocks("sql"):
        first, _, rest = block.partition("\n")
        if first.startswith("-- ") and first != f"-- {warehouse}":
            continue
        text = rest if first.startswith("-- ") else block
        found += [statement.strip() for statement in text.split(";") if statement.strip()]
    return found


def counts() -> list[Count]:
    return [
        Count(taxi, tuple(filter(None, months)), _number(csv), _number(parquet))
        for taxi, *months, csv, parquet in ROW.findall(PAGE.read_text())
    ]


@dataclass(frozen=True)
class Asked:
    """The last file of a load command; generated at ``path``."""

    file: TripFile
    path: Path


def make_files(folder: Path) -> list[Asked]:
    """Ranges stand for their last month: a command loads one month after another, all alike."""
    return [_made(folder, file) for file in dict.fromkeys(map(_last_file, load_commands()))]


def _last_file(words: list[str]) -> TripFile:
    args = parser().parse_args(words)
    return TripFile.of(args.taxi, str(months_of(args.months)[-1]), args.source)


def _made(folder: Path, file: TripFile) -> Asked:
    of_mirror = csv_era_of if file.taxi == "fhv" else era_of
    era = (of_mirror if file.source == "csv" else era_of)(file.taxi, str(file.month))
    path = folder / file.name
    write(path, era, str(file.month), ROWS, seed=7)
    return Asked(file, path)


COUNT_OF_FILES = re.compile(
    r"SELECT count\(\*\) AS trips FROM (\w+)\s+WHERE (filename LIKE [^<>=]+)$"
)


def require_answers(answers: dict[str, list[tuple[Any, ...]]], asked: list[Asked]) -> None:
    """Each query has an answer; one that counts a file's rows has the right one."""
    assert len(answers) >= 10
    assert all(answers.values())
    for query, [[trips, *_], *_] in answers.items():
        if found := COUNT_OF_FILES.search(query):
            wanted = tuple(re.findall(r"LIKE '(\w+_[\d-]+)%'", found[2]))
            files = {each.file.name for each in asked if each.file.name.startswith(wanted)}
            assert trips == ROWS * len(files) > 0, query
    [size] = [rows for query, rows in answers.items() if "unpacked_bytes" in query]
    assert size[0][0] == 0.0, "40 rows are less than 0.05 MiB, and not NULL"


def _number(text: str) -> int:
    return int(text.replace(",", ""))

"""``python -m dev.generator TAXI MONTH``: write one generated trip file."""

from __future__ import annotations

import argparse
from pathlib import Path

from dev.generator import csv_era_of, era_of, write

parser = argparse.ArgumentParser(prog="python -m dev.generator", description=__doc__)
parser.add_argument("taxi", choices=("yellow", "green", "fhv", "fhvhv"))
parser.add_argument("month", help="YYYY-MM")
parser.add_argument("--rows", type=int, default=100_000)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--format", choices=("parquet", "csv", "csv.gz"), default="parquet")
parser.add_argument("--to", type=Path, default=Path(), help="folder; default: the current one")
parser.add_argument(
    "--old", action="store_true", help="the layout of TLC's own CSV files, until 2020-06"
)
asked = parser.parse_args()

path = asked.to / f"{asked.taxi}_tripdata_{asked.month}.{asked.format}"
era = (csv_era_of if asked.old else era_of)(asked.taxi, asked.month)
write(path, era, asked.month, asked.rows, asked.seed)
print(path)

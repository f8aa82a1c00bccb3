"""``python -m generator TAXI MONTH``: write one generated trip file."""

from __future__ import annotations

import argparse
from pathlib import Path

from generator import era_of, write

parser = argparse.ArgumentParser(prog="python -m generator", description=__doc__)
parser.add_argument("taxi", choices=("yellow", "green"))
parser.add_argument("month", help="YYYY-MM")
parser.add_argument("--rows", type=int, default=100_000)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--format", choices=("parquet", "csv", "csv.gz"), default="parquet")
parser.add_argument("--to", type=Path, default=Path(), help="folder, the current one by default")
asked = parser.parse_args()

path = asked.to / f"{asked.taxi}_tripdata_{asked.month}.{asked.format}"
write(path, era_of(asked.taxi, asked.month), asked.month, asked.rows, asked.seed)
print(path)

"""``python -m trip_report --taxi green --month 2021-01 --data /data``

Reads ``trips.parquet`` and, if it is there, ``lookup.csv`` (the zones' names) in ``/data/green/2021-01``;
writes ``days.csv``, ``zones.csv`` and ``report.png`` there, each whole or not at all. The last line on
stdout is one JSON object; logs go to stderr. Exit codes: 64 a bad argument, 65 a file that is not what it
should be, 66 a file that is not there, 99 no trips in the month.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pandas as pd
import pyarrow as pa

from trip_report.figures import Figures, figures_of, named_zones
from trip_report.picture import draw

BAD_ARGUMENT, BAD_DATA, NO_INPUT, NOTHING_TO_DO = 64, 65, 66, 99

log = logging.getLogger("trip_report")


def main(words: list[str] | None = None) -> None:
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(message)s", level=logging.INFO)
    asked = _arguments(words)
    folder = asked.data / asked.taxi / str(asked.month)
    try:
        with (folder / "trips.parquet").open("rb") as trips:
            figures = figures_of(trips, asked.month)
        zones = named_zones(figures.zones, folder / "lookup.csv")
    except OSError as error:
        _end(NO_INPUT, f"The extract of the month's trips cannot be read: {error}")
    except (pa.ArrowInvalid, pa.ArrowKeyError, KeyError, ValueError) as error:
        _end(BAD_DATA, f"what lies in {folder} is not what it should be: {error}")
    if figures.trips == 0:
        _end(NOTHING_TO_DO, f"no trips of {asked.taxi} taxis in {asked.month}")
    log.info("%s trips in %d zones", f"{figures.trips:,}", len(zones))
    _write(folder / "days.csv", lambda path: figures.days.to_csv(path, float_format="%.2f"))
    _write(folder / "zones.csv", lambda path: zones.to_csv(path, float_format="%.2f"))
    _write(folder / "report.png", lambda path: draw(path, asked.taxi, figures, zones))
    print(json.dumps(_summary(asked, figures, zones)))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        _end(BAD_ARGUMENT, f"{message}\n{self.format_usage()}")


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = _Parser(prog="trip_report", description=__doc__)
    parser.add_argument("--taxi", required=True, choices=("yellow", "green"))
    parser.add_argument("--month", required=True, type=_month, help="YYYY-MM")
    parser.add_argument("--data", type=Path, default=Path("/data"))
    return parser.parse_args(words)


def _month(text: str) -> pd.Period:
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no month, expected YYYY-MM")
    return pd.Period(text, freq="M")


def _write(path: Path, write: Callable[[Path], None]) -> None:
    """By way of a draft, so that whoever looks sees the old file or the new one."""
    draft = path.with_name(f".{os.getpid()}.{path.name}")
    write(draft)
    draft.replace(path)
    log.info("wrote %s (%s bytes)", path, f"{path.stat().st_size:,}")


def _summary(asked: argparse.Namespace, figures: Figures, zones: pd.DataFrame) -> dict[str, object]:
    return {
        "taxi": asked.taxi,
        "month": str(asked.month),
        "trips": figures.trips,
        "pickups_outside_month": figures.outside,
        "revenue": round(float(figures.days["revenue"].sum()), 2),
        "busiest_day": f"{figures.days['trips'].idxmax():%Y-%m-%d}",
        "busiest_zone": zones.iloc[0]["zone"],
        "files": ["days.csv", "zones.csv", "report.png"],
    }


def _end(code: int, message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise SystemExit(code)


if __name__ == "__main__":
    main()

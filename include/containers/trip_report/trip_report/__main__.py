"""``python -m trip_report --taxi green --month 2021-01 --title "Green taxis" --folder /data``

Reads ``input/trips.parquet`` in the folder and, if they exist, ``input/lookup.csv`` (the names of zones) and
``input/shapes.csv`` (their shapes).
Writes ``days.csv``, ``zones.csv``, ``report.png``, ``thumbnail.png`` and, last, ``report.json`` there; each
new file replaces the old one atomically. The last line on stdout is the content of ``report.json``; logs go
to stderr. Exit codes: 64 bad argument, 65 a file has the wrong content, 66 a file is missing, 99 no trips in
the month.
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
from trip_report.look import COLOURS
from trip_report.picture import draw, draw_thumbnail
from trip_report.shapes import Shapes, marked_zones, read_shapes, trips_on_map

BAD_ARGUMENT, BAD_DATA, NO_INPUT, NOTHING_TO_DO = 64, 65, 66, 99

log = logging.getLogger("trip_report")


def main(words: list[str] | None = None) -> None:
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(message)s", level=logging.INFO)
    asked = _arguments(words)
    try:
        with (asked.folder / "input" / "trips.parquet").open("rb") as trips:
            figures = figures_of(trips, asked.month)
        zones = named_zones(figures.zones, asked.folder / "input" / "lookup.csv")
        shapes = read_shapes(asked.folder / "input" / "shapes.csv")
    except OSError as error:
        _end(NO_INPUT, f"The extract of the month's trips cannot be read: {error}")
    except (pa.ArrowInvalid, pa.ArrowKeyError, KeyError, ValueError) as error:
        _end(BAD_DATA, f"A file in {asked.folder} has the wrong content: {error}")
    zones = marked_zones(zones, shapes)
    facts = json.dumps(_facts(asked, figures, zones))
    if figures.trips:
        _write_report(asked, figures, zones, shapes)
    _write(asked.folder / "report.json", lambda path: path.write_text(facts))
    if not figures.trips:
        _end(NOTHING_TO_DO, f"no trips of {asked.taxi} taxis in {asked.month}")
    print(facts)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        _end(BAD_ARGUMENT, f"{message}\n{self.format_usage()}")


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = _Parser(prog="trip_report", description=__doc__)
    parser.add_argument("--taxi", required=True, choices=COLOURS)
    parser.add_argument("--month", required=True, type=_month, help="YYYY-MM")
    parser.add_argument("--title", required=True, help="name of the taxis, for the title")
    parser.add_argument("--load", type=int, default=0, help="id of the load in the ledger")
    parser.add_argument("--folder", type=Path, default=Path("/data"))
    return parser.parse_args(words)


def _month(text: str) -> pd.Period:
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a month, expected YYYY-MM")
    return pd.Period(text, freq="M")


def _write_report(
    asked: argparse.Namespace, figures: Figures, zones: pd.DataFrame, shapes: Shapes
) -> None:
    log.info("%s trips in %d zones", f"{figures.trips:,}", len(zones))
    folder = asked.folder
    _write(folder / "days.csv", lambda path: figures.days.to_csv(path, float_format="%.2f"))
    _write(folder / "zones.csv", lambda path: zones.to_csv(path, float_format="%.2f"))
    picture = folder / "report.png"
    _write(picture, lambda path: draw(path, asked.title, asked.taxi, figures, zones, shapes))
    _write(folder / "thumbnail.png", lambda path: draw_thumbnail(path, picture))


def _write(path: Path, write: Callable[[Path], object]) -> None:
    """Write a temporary file, then rename it, so that readers see the old or the new file."""
    draft = path.with_name(f".{os.getpid()}.{path.name}")
    write(draft)
    draft.replace(path)
    log.info("wrote %s (%s bytes)", path, f"{path.stat().st_size:,}")


def _facts(asked: argparse.Namespace, figures: Figures, zones: pd.DataFrame) -> dict[str, object]:
    facts = {"taxi": asked.taxi, "month": str(asked.month), "load": asked.load}
    facts |= {"trips": figures.trips, "pickups_outside_month": figures.outside}
    if not figures.trips:
        return facts
    for name in ("revenue", "driver_pay"):
        if name in figures.days:
            facts[name] = round(float(figures.days[name].sum()), 2)
    facts["busiest_day"] = f"{figures.days['trips'].idxmax():%Y-%m-%d}"
    if len(figures.known_zones):
        facts["busiest_zone"] = zones["zone"][figures.known_zones.index[0]]
    if (on_map := trips_on_map(figures, zones)) is not None:
        facts |= {"trips_on_map": on_map, "trips_not_on_map": figures.trips - on_map}
    return facts | {"files": ["days.csv", "zones.csv", "report.png", "thumbnail.png"]}


def _end(code: int, message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise SystemExit(code)


if __name__ == "__main__":
    main()

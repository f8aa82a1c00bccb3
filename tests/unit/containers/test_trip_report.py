"""The report's script, as its container runs it."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from trip_report import figures
from trip_report.__main__ import main

from nyc_tlc.reports import FILES, LOOKUP, TRIPS

pytestmark = pytest.mark.unit

Row = tuple[dt.datetime | None, int | None, float | None, float | None, bool | None]

TRIPS_OF_MONTH: list[Row] = [
    (dt.datetime(2021, 1, 1, 8), 74, 12.0, 2.0, True),
    (dt.datetime(2021, 1, 1, 8, 30), 74, -12.0, -2.0, True),
    (dt.datetime(2021, 1, 1, 9), 74, 11.0, 0.0, False),
    (dt.datetime(2021, 1, 31, 23, 59, 59), 75, 24.0, 4.0, True),
    (dt.datetime(2021, 1, 31, 23), None, 6.0, None, None),
]
OUTSIDE: list[Row] = [
    (dt.datetime(2020, 12, 31, 23, 59), 74, 99.0, 9.0, True),
    (dt.datetime(2041, 1, 1), 74, 99.0, 9.0, True),
    (None, 74, 99.0, 9.0, True),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "green" / "2021-01"
    path.mkdir(parents=True)
    return path


def write_trips(folder: Path, rows: list[Row]) -> None:
    kinds = [pa.timestamp("us"), pa.int32(), pa.float64(), pa.float64(), pa.bool_()]
    columns = [pa.array([row[i] for row in rows], kind) for i, kind in enumerate(kinds)]
    pq.write_table(pa.table(columns, names=figures.COLUMNS), folder / TRIPS)


def run(folder: Path, *words: str) -> None:
    main(["--taxi", "green", "--month", "2021-01", "--data", str(folder.parents[1]), *words])


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_figures_are_those_of_the_rows(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "BATCH_ROWS", 2)
    write_trips(folder, [*TRIPS_OF_MONTH, *OUTSIDE])
    (folder / LOOKUP).write_text("locationid,borough,zone\n74,Manhattan,East Harlem North\n75,,\n")
    run(folder)

    days = read(folder / "days.csv")
    assert len(days) == 31
    first, second, last = days[0], days[1], days[-1]
    assert (first["date"], first["trips"], first["revenue"]) == ("2021-01-01", "3", "11.00")
    assert (second["trips"], second["revenue"]) == ("0", "0.00")
    assert (last["trips"], last["revenue"], last["card_tips"]) == ("2", "30.00", "4.00")
    assert last["card_fares"] == "20.00"

    zones = [
        (z["locationid"], z["zone"], z["borough"], z["trips"]) for z in read(folder / "zones.csv")
    ]
    assert zones == [
        ("74", "East Harlem North", "Manhattan", "3"),
        ("75", "Unknown", "", "1"),
        ("0", "Not recorded", "", "1"),
    ]

    said: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said["trips"] == 5
    assert said["pickups_outside_month"] == 3
    assert said["revenue"] == 41.0
    assert said["busiest_zone"] == "East Harlem North"
    assert said["files"] == ["days.csv", "zones.csv", "report.png"]


def test_there_is_a_picture_and_nothing_half_written(folder: Path) -> None:
    write_trips(folder, TRIPS_OF_MONTH)
    run(folder)
    with Image.open(folder / "report.png") as picture:
        assert picture.size == (1650, 1275)
        assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 20
    assert {path.name for path in folder.iterdir()} == {TRIPS, *FILES}


def test_a_month_without_card_payments_is_drawn_too(folder: Path) -> None:
    write_trips(folder, [(dt.datetime(2021, 1, 5), 1, 5.0, 0.0, False)])
    run(folder)
    assert (folder / "report.png").is_file()


@pytest.mark.parametrize("rows", [[], OUTSIDE], ids=["no rows", "none in the month"])
def test_no_trips_is_a_skip_and_no_file(
    folder: Path, rows: list[Row], capsys: pytest.CaptureFixture[str]
) -> None:
    write_trips(folder, rows)
    with pytest.raises(SystemExit) as end:
        run(folder)
    assert end.value.code == 99
    assert "no trips of green taxis in 2021-01" in capsys.readouterr().err
    assert [path.name for path in folder.iterdir()] == [TRIPS]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--month", "2021-13"], 64, "2021-13"),
        (["--month", "January"], 64, "January"),
        (["--taxi", "fhv"], 64, "fhv"),
        ([], 66, "No such file or directory"),
    ],
)
def test_bad_arguments_and_missing_files_have_codes_of_their_own(
    folder: Path, words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        run(folder, *words)
    assert end.value.code == code
    assert said in capsys.readouterr().err


def test_what_is_no_extract_is_bad_data(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / TRIPS).write_text("<html>")
    with pytest.raises(SystemExit) as end:
        run(folder)
    assert end.value.code == 65
    pq.write_table(pa.table({"pickup": [1]}), folder / TRIPS)
    with pytest.raises(SystemExit) as end:
        run(folder)
    assert end.value.code == 65
    assert "columns ['zone', 'total', 'tip', 'by_card'] are missing" in capsys.readouterr().err

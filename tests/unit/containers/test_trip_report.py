"""The report's script, run as in its container."""

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

from nyc_tlc.core.catalog import Month, Taxi
from nyc_tlc.core.reports import FACTS, FILES, INPUT, LOOKUP, SHAPES, THUMBNAIL, TRIPS, ReportFolder

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


METERED = {
    "pickup": pa.timestamp("us"), "zone": pa.int32(), "total": pa.float64(), "tip": pa.float64(),
    "by_card": pa.bool_(),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "green" / "2021-01"
    (path / INPUT).mkdir(parents=True)
    return path


def write_trips(folder: Path, rows: list[Row]) -> None:
    columns = [pa.array([row[i] for row in rows], kind) for i, kind in enumerate(METERED.values())]
    pq.write_table(pa.table(columns, names=list(METERED)), folder / INPUT / TRIPS)


def write_month(folder: Path, **columns: Any) -> None:
    """Two trips an hour through the whole month, with these columns beside the pickups."""
    first = dt.datetime(2021, 1, 1)
    pickups = [first + dt.timedelta(minutes=30 * n) for n in range(31 * 48)]
    table = {"pickup": pa.array(pickups, pa.timestamp("us"))} | {
        name: pa.array([value(n) for n in range(len(pickups))]) for name, value in columns.items()
    }
    pq.write_table(pa.table(table), folder / INPUT / TRIPS)


def run(folder: Path, *words: str) -> None:
    own = ["--taxi", "green", "--month", "2021-01", "--title", "Green taxis"]
    main([*own, "--folder", str(folder), *words])


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_figures_are_those_of_the_rows(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "BATCH_ROWS", 2)
    write_trips(folder, [*TRIPS_OF_MONTH, *OUTSIDE])
    (folder / INPUT / LOOKUP).write_text(
        "locationid,borough,zone\n74,Manhattan,East Harlem North\n75,,\n"
    )
    run(folder, "--load", "17")

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

    message: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert message["trips"] == 5
    assert message["pickups_outside_month"] == 3
    assert message["revenue"] == 41.0
    assert message["busiest_zone"] == "East Harlem North"
    assert message["files"] == ["days.csv", "zones.csv", "report.png", "thumbnail.png"]
    assert json.loads((folder / FACTS).read_text()) == message
    assert ReportFolder(folder.parents[1], Taxi.GREEN, Month(2021, 1)).load_id == 17


def paid(n: int) -> float:
    return 20.0 + n % 7


SHOWN = {
    "trips alone": ({}, {"trips"}, None),
    "trips and zones, of some": (
        {"zone": lambda n: 74 if n % 3 else None}, {"trips"}, "Zone 74"
    ),
    "fares, a driver's pay, tips of every kind of payment": (
        {"zone": lambda n: 2 if n % 4 == 0 else 1, "total": paid, "tip": lambda n: 1.0,
         "driver_pay": lambda n: 9.0},
        {"trips", "revenue", "driver_pay", "tips", "fares"}, "Zone 1",
    ),
    "columns without a value": (
        {"zone": lambda n: None, "total": paid, "tip": lambda n: None, "driver_pay": lambda n: None},
        {"trips", "revenue"}, None,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "shown", "busiest"), SHOWN.values(), ids=SHOWN)
@pytest.mark.parametrize("taxi", ["fhv", "fhvhv"])
def test_a_report_has_what_the_month_has(
    folder: Path, columns: Any, shown: set[str], busiest: str | None, taxi: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    write_month(folder, **columns)
    run(folder, "--taxi", taxi)
    days = read(folder / "days.csv")
    assert set(days[0]) - {"date"} == shown
    assert set(read(folder / "zones.csv")[0]) - {"locationid", "zone", "borough"} == shown
    assert {day["trips"] for day in days} == {"48"}
    message = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert message.get("busiest_zone") == busiest
    assert ("revenue" in message, "driver_pay" in message) == (
        "revenue" in shown,
        "driver_pay" in shown,
    )
    with Image.open(folder / "report.png") as picture:
        assert picture.size == (1650, 1275)


def test_there_is_a_picture_and_nothing_half_written(folder: Path) -> None:
    write_trips(folder, TRIPS_OF_MONTH)
    run(folder)
    with Image.open(folder / "report.png") as picture:
        assert picture.size == (1650, 1275)
        assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 20
    with Image.open(folder / THUMBNAIL) as thumbnail:
        assert thumbnail.width == 420
    assert {path.name for path in folder.iterdir()} == {INPUT, *FILES, FACTS, THUMBNAIL}


def test_a_month_without_card_payments_is_drawn_too(folder: Path) -> None:
    write_trips(folder, [(dt.datetime(2021, 1, 5), 1, 5.0, 0.0, False)])
    run(folder)
    assert (folder / "report.png").is_file()


@pytest.mark.parametrize("rows", [[], OUTSIDE], ids=["no rows", "none in the month"])
def test_a_month_without_trips_is_skipped_and_recorded(
    folder: Path, rows: list[Row], capsys: pytest.CaptureFixture[str]
) -> None:
    write_trips(folder, rows)
    with pytest.raises(SystemExit) as end:
        run(folder, "--load", "17")
    assert end.value.code == 99
    assert "no trips of green taxis in 2021-01" in capsys.readouterr().err
    assert {path.name for path in folder.iterdir()} == {INPUT, FACTS}
    report = ReportFolder(folder.parents[1], Taxi.GREEN, Month(2021, 1))
    assert (report.load_id, report.is_complete) == (17, False)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--month", "2021-13"], 64, "2021-13"),
        (["--month", "January"], 64, "January"),
        (["--month", "٢٠٢١-01"], 64, "٢٠٢١-01"),  # digits, but not ours
        (["--taxi", "blue"], 64, "blue"),
        ([], 66, "No such file or directory"),
    ],
)
def test_bad_arguments_and_missing_files_have_their_own_exit_codes(
    folder: Path, words: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        run(folder, *words)
    assert end.value.code == code
    assert message in capsys.readouterr().err


def test_a_file_that_is_not_an_extract_is_bad_data(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / INPUT / TRIPS).write_text("<html>")
    with pytest.raises(SystemExit) as end:
        run(folder)
    assert end.value.code == 65
    pq.write_table(pa.table({"pickup": [1]}), folder / INPUT / TRIPS)
    with pytest.raises(SystemExit) as end:
        run(folder)
    assert end.value.code == 65
    assert (
        "there is no pickup column with timestamps; the columns are ['pickup']"
        in capsys.readouterr().err
    )


SQUARE = [[-74.0, 40.7], [-74.0, 40.8], [-73.9, 40.8], [-73.9, 40.7], [-74.0, 40.7]]
HEIGHT, HEIGHT_WITH_MAP = 1275, 2175


def write_shapes(folder: Path, *zones: int, kind: str = "MultiPolygon") -> None:
    with (folder / INPUT / SHAPES).open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["locationid", "geojson"])
        for zone in zones:
            lines.writerow([zone, json.dumps({"type": kind, "coordinates": [[SQUARE]]})])


def height(folder: Path) -> int:
    with Image.open(folder / "report.png") as picture:
        return picture.height


@pytest.mark.parametrize("taxi", ["fhv", "green"])
def test_the_map_and_the_zones_that_are_not_on_it_have_all_trips_together(
    folder: Path, taxi: str, capsys: pytest.CaptureFixture[str]
) -> None:
    zones = [74, 75, 264, None, 999]
    columns = {"total": paid} if taxi == "green" else {}
    write_month(folder, zone=lambda n: zones[n % 5], **columns)
    write_shapes(folder, 74, 75, 76)
    run(folder, "--taxi", taxi)
    listed = {zone["locationid"]: zone for zone in read(folder / "zones.csv")}
    assert {number: zone["on_map"] for number, zone in listed.items()} == {
        "74": "yes", "75": "yes", "264": "no", "0": "no", "999": "no",
    }  # fmt: skip
    trips = {
        mark: sum(int(zone["trips"]) for zone in listed.values() if zone["on_map"] == mark)
        for mark in ("yes", "no")
    }
    message = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert trips == {"yes": message["trips_on_map"], "no": message["trips_not_on_map"]}
    assert sum(trips.values()) == message["trips"] == 31 * 48
    assert height(folder) == HEIGHT_WITH_MAP


@pytest.mark.parametrize("shapes", [(), (74,)], ids=["without shapes", "with shapes"])
def test_a_month_with_coordinates_has_a_map_of_places(
    folder: Path, shapes: tuple[int, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    longitudes, latitudes = [-73.99, 0.0, None], [40.75, 0.0, 40.75]
    write_month(folder, longitude=lambda n: longitudes[n % 3], latitude=lambda n: latitudes[n % 3])
    write_shapes(folder, *shapes)
    run(folder)
    message = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (message["trips_on_map"], message["trips_not_on_map"]) == (31 * 16, 31 * 32)
    assert height(folder) == HEIGHT_WITH_MAP


def test_without_shapes_or_without_zones_there_is_no_map(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_month(folder, zone=lambda n: 74)
    run(folder)
    assert height(folder) == HEIGHT
    write_shapes(folder, 1)
    run(folder)
    assert height(folder) == HEIGHT
    assert "trips_on_map" not in capsys.readouterr().out


def test_shapes_of_another_form_are_bad_data(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_month(folder, zone=lambda n: 74)
    write_shapes(folder, 74, kind="Point")
    with pytest.raises(SystemExit) as end:
        run(folder)
    assert end.value.code == 65
    assert "a shape is a Point, expected a MultiPolygon" in capsys.readouterr().err

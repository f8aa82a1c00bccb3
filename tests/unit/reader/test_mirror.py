"""The course's CSV mirror: its files of 2021, and what is damaged in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nyc_tlc.core.catalog import Taxi
from nyc_tlc.core.contract.model import load_contract
from nyc_tlc.core.reader.trips import TripReader
from tests.support.trip_data import TripData

pytestmark = pytest.mark.unit

FHV = "dispatching_base_num,pickup_datetime,dropoff_datetime,PULocationID,DOLocationID,SR_Flag\n"
GOOD = "B00001,2020-01-01 00:30:00,2020-01-01 01:44:00,7,9,\n"


def test_fhvhv_of_2021_loads(trip_data: TripData) -> None:
    """It has no hvfhs_license_num, and N for a trip that is not shared."""
    name = "fhvhv_tripdata_2021-06.csv"
    folder = "failing/04_fhvhv_2021-06_mirror" if trip_data.is_real else "samples"
    path = trip_data / f"{folder}/{name}{'.gz' if trip_data.is_real else ''}"
    reader = TripReader(path, load_contract(Taxi.FHVHV))
    rows = [row for batch in reader.batches() for row in batch.to_pylist()]
    assert len(rows) == (100 if trip_data.is_real else 120)
    assert {(row["sr_flag"], row["sr_flag_word"]) for row in rows} == {(0, "N")}
    assert any(row["affiliated_base_number"] for row in rows)
    assert "hvfhs_license_num" not in rows[0]
    assert reader.match.unknown == ()


@pytest.mark.parametrize(
    ("bad", "reasons"),
    [
        pytest.param(
            b"B00254,2020-01-01 00:30:00\n,2020-01-01 01:44:00,7,9,\n",
            [
                "has 2 fields, the header has 6",
                "continues line 3: both are one row, broken by a line end",
            ],
            id="fhv-2020-01",
        ),
        pytest.param(
            b"B\xa000254,2020-01-01 00:30:00,2020-01-01 01:44:00,7,9,\n",
            ["is not UTF-8 (at character 1 of 'B\\udca000254', column 1)"],
            id="not-UTF-8",
        ),
    ],
)
def test_a_damaged_month_s_other_rows_are_readable(
    tmp_path: Path, bad: bytes, reasons: list[str]
) -> None:
    path = tmp_path / "fhv_tripdata_2020-01.csv"
    path.write_bytes(FHV.encode() + GOOD.encode() + bad + GOOD.encode())
    reader = TripReader(path, load_contract(Taxi.FHV))
    assert [reject.reason for reject in reader.rejects()] == reasons
    assert sum(len(batch) for batch in reader.readable_batches()) == 2

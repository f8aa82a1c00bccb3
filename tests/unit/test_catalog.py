from __future__ import annotations

import re

import pytest

from nyc_tlc.core.catalog import Month, Taxi, TripFile, month_pattern
from nyc_tlc.core.errors import MonthError, SettingsError

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "text",
    ["2021-13", "2021-1", "2021-00", "'; drop table", "", "2021-01\n", "202\u0661-01", "0001-01"],
)
def test_an_invalid_month_is_refused(text: str) -> None:
    with pytest.raises(MonthError, match="YYYY-MM"):
        Month.parse(text)


def test_months_shift_over_years() -> None:
    assert Month(2020, 12).shift(1) == Month(2021, 1)
    assert Month(2021, 1).shift(-13) == Month(2019, 12)


def test_a_month_before_the_first_of_its_taxi_is_refused() -> None:
    with pytest.raises(MonthError, match="begin in 2013-08"):
        TripFile.of("green", "2013-07")


def test_every_name_of_a_trip_file_comes_from_its_taxi_month_and_source() -> None:
    parquet, csv = TripFile.of("green", "2021-01"), TripFile.of("green", "2021-01", "csv")
    assert parquet.url("https://host/trip-data/") == (
        "https://host/trip-data/green_tripdata_2021-01.parquet"
    )
    assert csv.url("https://host/{taxi}") == "https://host/green/green_tripdata_2021-01.csv.gz"
    assert parquet.landing_key == "green/2021/green_tripdata_2021-01.parquet"
    assert parquet.partition == csv.partition == "green_tripdata_2021_01"


def test_staging_names_differ_by_run_and_fit_into_a_postgres_name() -> None:
    file = TripFile.of("fhvhv", "2021-01")
    names = {file.staging_table(run) for run in ("scheduled", "manual", "x" * 500)}
    assert len(names) == 3
    assert all(len(name.encode()) <= 63 for name in names)
    assert file.staging_table("scheduled") in names


@pytest.mark.parametrize("taxi", list(Taxi))
def test_the_pattern_matches_exactly_the_taxi_s_months(taxi: Taxi) -> None:
    pattern = month_pattern(taxi.first_month)
    every = [Month(2000, 1).shift(n) for n in range(1200)]
    admitted = [month for month in every if re.search(pattern, str(month))]
    assert admitted == [month for month in every if month >= taxi.first_month]
    for text in ("2021-13", "2021-1", "21-01", "2021-01 ", "x2021-01", "2021-00", "3021-01"):
        assert not re.search(pattern, text), text


def test_an_unknown_source_names_the_settings_to_correct() -> None:
    with pytest.raises(SettingsError, match="'ftp'.*parquet.*csv.*tlc_source.*TLC_SOURCE"):
        TripFile.of("green", "2021-01", "ftp")

"""Eras of yellow and green: TLC's CSV files until 2020-06."""

from __future__ import annotations

from dev.generator import recipes, street
from dev.generator.era import Column, CsvStyle, Era

CRLF = CsvStyle("\r\n")
LONG_FLOATS = CsvStyle(blank_second_line=True, digits=17)

GREEN_TIMES = (
    Column("lpep_pickup_datetime", "timestamp[us]", recipes.pickup),
    Column("Lpep_dropoff_datetime", "timestamp[us]", recipes.dropoff),
)
GREEN_PLACES = (
    street.FLAG.named("Store_and_fwd_flag"), street.RATE_CODE.named("RateCodeID"),
    street.PICKUP_LONGITUDE.named("Pickup_longitude"),
    street.PICKUP_LATITUDE.named("Pickup_latitude"),
    street.DROPOFF_LONGITUDE.named("Dropoff_longitude"),
    street.DROPOFF_LATITUDE.named("Dropoff_latitude"),
    street.PASSENGERS.named("Passenger_count"), street.DISTANCE.named("Trip_distance"),
)  # fmt: skip
GREEN_MONEY = (
    street.FARE.named("Fare_amount"), street.EXTRA.named("Extra"), street.TAX.named("MTA_tax"),
    street.TIP.named("Tip_amount"), street.TOLLS.named("Tolls_amount"),
    Column("Ehail_fee", "null", recipes.nothing),
)  # fmt: skip
GREEN_END = (
    street.TOTAL.named("Total_amount"),
    Column("Payment_type", "int64", recipes.payment),
    Column("Trip_type ", "int64", recipes.trip_type, reported=True),
)
GREEN_2013 = Era(
    "green",
    since="2013-08",
    unreported=0.1,
    columns=(street.VENDOR, *GREEN_TIMES, *GREEN_PLACES, *GREEN_MONEY, *GREEN_END),
    style=CsvStyle(blank_second_line=True, surplus=2),
)
GREEN_2015 = Era(
    "green",
    since="2015-01",
    unreported=0.1,
    columns=(
        street.VENDOR, *GREEN_TIMES, *GREEN_PLACES, *GREEN_MONEY, street.IMPROVEMENT, *GREEN_END,
    ),
    style=CsvStyle("\r\n", surplus=2),
)  # fmt: skip
GREEN_ZONES = Era("green", "2016-07", 0.1, street.GREEN_2019.columns[:-1])

YELLOW_2015 = Era(
    "yellow",
    since="2015-01",
    unreported=0.02,
    columns=(
        *street.YELLOW_2019.columns[:5],
        street.PICKUP_LONGITUDE, street.PICKUP_LATITUDE,
        street.RATE_CODE.named("RateCodeID"), street.FLAG,
        street.DROPOFF_LONGITUDE, street.DROPOFF_LATITUDE,
        *street.YELLOW_2019.columns[9:17],
    ),
    style=CsvStyle("\r\n", digits=17),
)  # fmt: skip
YELLOW_ZONES = Era("yellow", "2016-07", 0.02, street.YELLOW_2019.columns[:17])
YELLOW_2014 = Era(
    "yellow",
    since="2014-01",
    unreported=0.05,
    columns=tuple(
        column if place == 0 else column.named(f" {column.name}")
        for place, column in enumerate(street.YELLOW_2010.columns)
    ),
    style=LONG_FLOATS,
)

CSV_ERAS = (
    street.YELLOW_2009.styled("2009-01", LONG_FLOATS),
    street.YELLOW_2010.styled("2010-01", LONG_FLOATS),
    YELLOW_2014,
    YELLOW_2015,
    YELLOW_2015.changed("2015-07", street.RATE_CODE),
    YELLOW_ZONES.styled("2016-07", CsvStyle("\r\n", surplus=2)),
    YELLOW_ZONES.styled("2017-01", CsvStyle(blank_second_line=True)),
    street.YELLOW_2019.styled("2019-01", CRLF),
    GREEN_2013,
    GREEN_2015,
    GREEN_2015.styled("2015-07", CRLF),
    GREEN_2015.styled("2016-01", CsvStyle(blank_second_line=True, digits=17)),
    GREEN_ZONES.styled("2016-07", CsvStyle(blank_second_line=True, surplus=2)),
    GREEN_ZONES.styled("2017-01", CsvStyle(blank_second_line=True)),
    street.GREEN_2019.styled("2019-01", CRLF),
)

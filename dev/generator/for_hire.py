"""Eras of fhv and fhvhv: TLC's Parquet files, and the CSV files, to the mirror's of 2021."""

from __future__ import annotations

from dataclasses import replace

from dev.generator import recipes
from dev.generator.era import FLAGS, Column, CsvStyle, Era

CRLF = CsvStyle("\r\n")
QUOTED = CsvStyle("\r\n", quoted=True)

BASES = tuple(f"B{number:05d}" for number in range(13, 3400, 7))
LICENCES = ("HV0003", "HV0005", "HV0002", "HV0004")

BASE = Column("dispatching_base_num", "string", recipes.base, words=BASES)
PICKUP = Column("pickup_datetime", "timestamp[us]", recipes.pickup)
DROPOFF = Column("dropOff_datetime", "timestamp[us]", recipes.dropoff, reported=True)
PICKUP_ZONE = Column("PUlocationID", "double", recipes.pickup_zone, reported=True)
DROPOFF_ZONE = Column("DOlocationID", "double", recipes.dropoff_zone, reported=True)
SHARED = Column("SR_Flag", "int64", recipes.shared, reported=True)

FHV_2015 = Era(
    "fhv",
    since="2015-01",
    unreported=0.3,
    columns=(
        BASE, PICKUP, DROPOFF, PICKUP_ZONE, DROPOFF_ZONE,
        Column("SR_Flag", "null", recipes.nothing),
        BASE.named("Affiliated_base_number", recipe=recipes.affiliated_base, reported=True),
    ),
)  # fmt: skip

FHV_CSV_2015 = Era(
    "fhv",
    since="2015-01",
    unreported=0.5,
    columns=(
        BASE.named("Dispatching_base_num"),
        PICKUP.named("Pickup_date"),
        PICKUP_ZONE.named("locationID"),
    ),
    style=CRLF,
)
FHV_CSV_2017 = Era(
    "fhv",
    since="2017-01",
    unreported=0.4,
    columns=(
        BASE.named("Dispatching_base_num"), PICKUP.named("Pickup_DateTime"),
        DROPOFF.named("DropOff_datetime"), PICKUP_ZONE, DROPOFF_ZONE,
    ),
    style=CRLF,
)  # fmt: skip
FHV_CSV_2018 = replace(
    FHV_CSV_2017,
    since="2018-01",
    columns=(
        *FHV_CSV_2017.columns[1:], SHARED,
        BASE.named("Dispatching_base_number"),
        Column("Dispatching_base_num", "string", recipes.nothing),
    ),
    style=QUOTED,
)  # fmt: skip
FHV_CSV_2019 = replace(
    FHV_CSV_2017,
    since="2019-01",
    columns=(
        BASE, PICKUP, DROPOFF.named("dropoff_datetime"), PICKUP_ZONE.named("PULocationID"),
        DROPOFF_ZONE.named("DOLocationID"), SHARED,
    ),
    style=CRLF,
)  # fmt: skip

LICENCE = Column("hvfhs_license_num", "string", recipes.licence, words=LICENCES)
FHVHV_2019 = Era(
    "fhvhv",
    since="2019-02",
    unreported=0.25,
    columns=(
        LICENCE, BASE,
        BASE.named("originating_base_num", reported=True),
        Column("request_datetime", "timestamp[us]", recipes.request),
        Column("on_scene_datetime", "timestamp[us]", recipes.on_scene, reported=True),
        PICKUP,
        Column("dropoff_datetime", "timestamp[us]", recipes.dropoff),
        Column("PULocationID", "int64", recipes.pickup_zone),
        Column("DOLocationID", "int64", recipes.dropoff_zone),
        Column("trip_miles", "double", recipes.miles),
        Column("trip_time", "int64", recipes.trip_time),
        Column("base_passenger_fare", "double", recipes.arranged_fare),
        Column("tolls", "double", recipes.tolls),
        Column("bcf", "double", recipes.black_car_fund),
        Column("sales_tax", "double", recipes.sales_tax),
        Column("congestion_surcharge", "double", recipes.congestion, reported=True),
        Column("airport_fee", "null", recipes.nothing),
        Column("tips", "double", recipes.arranged_tip),
        Column("driver_pay", "double", recipes.driver_pay),
        Column("shared_request_flag", "string", recipes.store_and_forward),
        Column("shared_match_flag", "string", recipes.store_and_forward),
        Column("access_a_ride_flag", "string", recipes.access_a_ride, words=(*FLAGS, " ")),
        Column("wav_request_flag", "string", recipes.store_and_forward),
        Column("wav_match_flag", "string", recipes.store_and_forward, reported=True),
    ),
)  # fmt: skip
FHVHV_2021 = FHVHV_2019.changed(
    "2021-01", Column("airport_fee", "double", recipes.airport_fee, reported=True)
)
FHVHV_2023 = FHVHV_2021.changed("2023-02", PULocationID="int32", DOLocationID="int32")

FHVHV_CSV_2019 = Era(
    "fhvhv",
    since="2019-02",
    unreported=0.1,
    columns=(LICENCE, *FHV_CSV_2019.columns),
    style=CRLF,
)
# As the course's mirror has the months of 2021: fhv's columns, and a flag in words.
FHVHV_CSV_2021 = replace(
    FHVHV_CSV_2019,
    since="2021-06",
    columns=(
        *FHV_CSV_2019.columns[:-1],
        Column("SR_Flag", "string", recipes.not_shared, words=("N",)),
        BASE.named("Affiliated_base_number", recipe=recipes.affiliated_base),
    ),
    style=CsvStyle(),
)

ERAS = (
    FHV_2015,
    FHVHV_2019,
    FHVHV_2021,
    FHVHV_2023,
    FHVHV_2023.changed("2025-01", Column("cbd_congestion_fee", "double", recipes.cbd_fee)),
)
CSV_ERAS = (
    FHV_CSV_2015,
    FHV_CSV_2017,
    replace(FHV_CSV_2017.changed("2017-07", SHARED), style=QUOTED),
    FHV_CSV_2018,
    FHV_CSV_2019,
    FHVHV_CSV_2019,
    FHVHV_CSV_2021,
)

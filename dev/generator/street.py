"""Eras of yellow and green: TLC's Parquet files, from which the course's mirror is made."""

from __future__ import annotations

from dev.generator import recipes
from dev.generator.era import Column, Era, amount

VENDOR = Column("VendorID", "int64", recipes.vendor)
PASSENGERS = Column("passenger_count", "double", recipes.passengers, reported=True)
DISTANCE = Column("trip_distance", "double", recipes.distance)
RATE_CODE = Column("RatecodeID", "double", recipes.rate_code, reported=True)
FLAG = Column("store_and_fwd_flag", "string", recipes.store_and_forward, reported=True)
PICKUP_ZONE = Column("PULocationID", "int64", recipes.pickup_zone)
DROPOFF_ZONE = Column("DOLocationID", "int64", recipes.dropoff_zone)
FARE = amount("fare_amount", recipes.fare)
EXTRA = amount("extra", recipes.extra)
TAX = amount("mta_tax", recipes.tax)
TIP = amount("tip_amount", recipes.tip)
TOLLS = amount("tolls_amount", recipes.tolls)
IMPROVEMENT = amount("improvement_surcharge", recipes.improvement)
TOTAL = amount("total_amount", recipes.total)
CONGESTION = amount("congestion_surcharge", recipes.congestion, reported=True)
CBD_FEE = amount("cbd_congestion_fee", recipes.cbd_fee, in_csv=False)

VENDOR_WORDS = ("VTS", "CMT", "DDS")
PAYMENT_WORDS_2009 = ("CASH", "Credit", "No Charge", "Dispute", "Cash", "CREDIT")
PAYMENT_WORDS_2010 = ("CAS", "CRE", "NOC", "DIS", "CSH", "CRD")

VENDOR_WORD = Column("vendor_id", "string", recipes.vendor_word, words=VENDOR_WORDS)
PAYMENT_WORD = Column("payment_type", "string", recipes.payment_word, words=PAYMENT_WORDS_2010)
PICKUP_LONGITUDE = Column("pickup_longitude", "double", recipes.pickup_longitude)
PICKUP_LATITUDE = Column("pickup_latitude", "double", recipes.pickup_latitude)
DROPOFF_LONGITUDE = Column("dropoff_longitude", "double", recipes.dropoff_longitude)
DROPOFF_LATITUDE = Column("dropoff_latitude", "double", recipes.dropoff_latitude)
SURCHARGE = EXTRA.named("surcharge")

YELLOW_2009 = Era(
    "yellow",
    since="2009-01",
    unreported=0.05,
    columns=(
        VENDOR_WORD.named("vendor_name"),
        Column("Trip_Pickup_DateTime", "string", recipes.pickup),
        Column("Trip_Dropoff_DateTime", "string", recipes.dropoff),
        PASSENGERS.named("Passenger_Count", type="int64", reported=False),
        DISTANCE.named("Trip_Distance"),
        PICKUP_LONGITUDE.named("Start_Lon"),
        PICKUP_LATITUDE.named("Start_Lat"),
        Column("Rate_Code", "double", recipes.nothing),
        Column("store_and_forward", "double", recipes.store_and_forward, reported=True),
        DROPOFF_LONGITUDE.named("End_Lon"),
        DROPOFF_LATITUDE.named("End_Lat"),
        PAYMENT_WORD.named("Payment_Type", words=PAYMENT_WORDS_2009),
        FARE.named("Fare_Amt"),
        SURCHARGE,
        TAX.named("mta_tax", reported=True),
        TIP.named("Tip_Amt"),
        TOLLS.named("Tolls_Amt"),
        TOTAL.named("Total_Amt"),
    ),
)
YELLOW_2010 = Era(
    "yellow",
    since="2010-01",
    unreported=0.05,
    columns=(
        VENDOR_WORD,
        Column("pickup_datetime", "string", recipes.pickup),
        Column("dropoff_datetime", "string", recipes.dropoff),
        PASSENGERS.named("passenger_count", type="int64", reported=False),
        DISTANCE, PICKUP_LONGITUDE, PICKUP_LATITUDE,
        Column("rate_code", "string", recipes.rate_code_word, words=("1", "2", "5")),
        FLAG.named("store_and_fwd_flag", words=("0", "1")),
        DROPOFF_LONGITUDE, DROPOFF_LATITUDE, PAYMENT_WORD,
        FARE, SURCHARGE, TAX, TIP, TOLLS, TOTAL,
    ),
)  # fmt: skip
YELLOW_2019 = Era(
    "yellow",
    since="2019-01",
    unreported=0.05,
    columns=(
        VENDOR,
        Column("tpep_pickup_datetime", "timestamp[us]", recipes.pickup),
        Column("tpep_dropoff_datetime", "timestamp[us]", recipes.dropoff),
        PASSENGERS, DISTANCE, RATE_CODE, FLAG, PICKUP_ZONE, DROPOFF_ZONE,
        Column("payment_type", "int64", recipes.payment),
        FARE, EXTRA, TAX, TIP, TOLLS, IMPROVEMENT, TOTAL, CONGESTION,
        Column("airport_fee", "null", recipes.nothing, in_csv=False),
    ),
)  # fmt: skip
YELLOW_2023 = YELLOW_2019.changed(
    "2023-02",
    amount("Airport_fee", recipes.airport_fee, reported=True, in_csv=False),
    VendorID="int32", PULocationID="int32", DOLocationID="int32",
    passenger_count="int64", RatecodeID="int64", store_and_fwd_flag="large_string",
)  # fmt: skip

GREEN_2019 = Era(
    "green",
    since="2019-01",
    unreported=0.4,
    columns=(
        VENDOR,
        Column("lpep_pickup_datetime", "timestamp[us]", recipes.pickup),
        Column("lpep_dropoff_datetime", "timestamp[us]", recipes.dropoff),
        FLAG, RATE_CODE, PICKUP_ZONE, DROPOFF_ZONE, PASSENGERS, DISTANCE,
        FARE, EXTRA, TAX, TIP, TOLLS,
        Column("ehail_fee", "null", recipes.nothing),
        IMPROVEMENT, TOTAL,
        Column("payment_type", "double", recipes.payment, reported=True),
        Column("trip_type", "double", recipes.trip_type, reported=True),
        CONGESTION,
    ),
)  # fmt: skip
GREEN_2023 = GREEN_2019.changed(
    "2023-02",
    VendorID="int32", PULocationID="int32", DOLocationID="int32", RatecodeID="int64",
    passenger_count="int64", payment_type="int64", trip_type="int64",
    store_and_fwd_flag="large_string", ehail_fee="double",
)  # fmt: skip

NO_CONGESTION = Column("congestion_surcharge", "null", recipes.nothing)

ERAS = (
    YELLOW_2009,
    YELLOW_2010,
    YELLOW_2010.changed("2010-02", Column("__index_level_0__", "int64", recipes.row_number)),
    YELLOW_2010.changed("2010-04"),
    YELLOW_2019.changed("2011-01", NO_CONGESTION),
    YELLOW_2019,
    YELLOW_2023,
    YELLOW_2023.changed("2025-01", CBD_FEE),
    GREEN_2019.changed("2014-01", NO_CONGESTION),
    GREEN_2019,
    GREEN_2023,
    GREEN_2023.changed("2025-01", CBD_FEE),
)

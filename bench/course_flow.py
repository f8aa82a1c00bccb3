"""The course's flow (Data Engineering Zoomcamp, Kestra): COPY csv, UPDATE md5, MERGE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from psycopg import Connection

COLUMNS = """
    VendorID text, tpep_pickup_datetime timestamp, tpep_dropoff_datetime timestamp,
    passenger_count integer, trip_distance double precision, RatecodeID text,
    store_and_fwd_flag text, PULocationID text, DOLocationID text, payment_type integer,
    fare_amount double precision, extra double precision, mta_tax double precision,
    tip_amount double precision, tolls_amount double precision,
    improvement_surcharge double precision, total_amount double precision,
    congestion_surcharge double precision"""

CREATE = "CREATE TABLE yellow_tripdata{} (unique_row_id text, filename text, {})"

UPDATE = """
UPDATE yellow_tripdata_staging
SET
    unique_row_id = md5(
        coalesce(cast(VendorID AS text), '')
        || coalesce(cast(tpep_pickup_datetime AS text), '')
        || coalesce(cast(tpep_dropoff_datetime AS text), '')
        || coalesce(PULocationID, '')
        || coalesce(DOLocationID, '')
        || coalesce(cast(fare_amount AS text), '')
        || coalesce(cast(trip_distance AS text), '')
    ),
    filename = 'yellow_tripdata_2021-01.csv'
"""

MERGE = """
MERGE INTO yellow_tripdata AS T
USING yellow_tripdata_staging AS S
ON T.unique_row_id = S.unique_row_id
WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({values})
"""


def create_tables(connection: Connection[Any]) -> None:
    for suffix in ("", "_staging"):
        connection.execute(CREATE.format(suffix, COLUMNS).encode())


def load_month_before(connection: Connection[Any], path: Path) -> None:
    """The state for every month but the first: the trips table has an earlier month of the same size."""
    load(connection, path)
    connection.execute("UPDATE yellow_tripdata SET unique_row_id = md5(unique_row_id)")
    connection.execute("VACUUM FULL ANALYZE yellow_tripdata")
    connection.execute("CHECKPOINT")


def load(connection: Connection[Any], path: Path) -> int:
    """Load one month as the flow's tasks do; returns the number of merged rows."""
    names = [part.split()[0] for part in COLUMNS.split(",")]
    connection.execute("TRUNCATE yellow_tripdata_staging")
    copy = f"COPY yellow_tripdata_staging ({', '.join(names)}) FROM STDIN (FORMAT csv, HEADER)"
    with (
        path.open("rb") as file,
        connection.cursor() as cursor,
        cursor.copy(copy.encode()) as copying,
    ):
        while data := file.read(1 << 22):
            copying.write(data)
    connection.execute(UPDATE)
    all_names = ["unique_row_id", "filename", *names]
    values = ", ".join(f"S.{name}" for name in all_names)
    merge = MERGE.format(names=", ".join(all_names), values=values)
    return connection.execute(merge.encode()).rowcount

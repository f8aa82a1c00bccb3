"""Small trip files as the TLC writes them, and the steps that load one, for the tests of this folder."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from nyc_tlc.core.catalog import TripFile
from nyc_tlc.core.contract.model import load_contract
from nyc_tlc.core.landing.landed import LandedFile
from nyc_tlc.core.landing.verify import count_rows
from nyc_tlc.core.loads import Load, MergeMode, MergeResult, Run, StagedMonth
from nyc_tlc.core.postgres.check import check_oddities, check_rows
from nyc_tlc.core.postgres.merge import merge
from nyc_tlc.core.postgres.stage import stage
from nyc_tlc.core.postgres.tables import PostgresTable

SHARED = {
    "VendorID": (pa.int64(), lambda n: 1 + n % 2),
    "store_and_fwd_flag": (pa.string(), lambda n: "NY"[n % 2]),
    "RatecodeID": (pa.float64(), lambda n: 1.0),
    "PULocationID": (pa.int64(), lambda n: 1 + n % 265),
    "DOLocationID": (pa.int64(), lambda n: 1 + n * 7 % 265),
    "passenger_count": (pa.float64(), lambda n: None if n % 5 == 4 else 1.0 + n % 4),
    "trip_distance": (pa.float64(), lambda n: 0.25 * n),
    "fare_amount": (pa.float64(), lambda n: 3.0 + n),
    "extra": (pa.float64(), lambda n: 0.5),
    "mta_tax": (pa.float64(), lambda n: 0.5),
    "tip_amount": (pa.float64(), lambda n: 1.1 * n),
    "tolls_amount": (pa.float64(), lambda n: 0.0),
    "improvement_surcharge": (pa.float64(), lambda n: 0.3),
    "total_amount": (pa.float64(), lambda n: 4.3 + 2.1 * n),
    "payment_type": (pa.int64(), lambda n: 1 + n % 4),
    "congestion_surcharge": (pa.float64(), lambda n: None if n % 3 else 2.75),
}
OF_TAXI = {
    "green": {
        "ehail_fee": (pa.null(), lambda n: None),
        "trip_type": (pa.float64(), lambda n: 1.0 + n % 2),
    },
    "yellow": {"airport_fee": (pa.float64(), lambda n: None if n % 2 else 1.25)},
    "fhv": {
        "dispatching_base_num": (pa.string(), lambda n: f"B{n:05d}"),
        "PUlocationID": (pa.float64(), lambda n: 1.0 + n % 265),
        "SR_Flag": (pa.null(), lambda n: None),
    },
}
PICKUPS = {
    "green": ("lpep_pickup_datetime", "lpep_dropoff_datetime"),
    "yellow": ("tpep_pickup_datetime", "tpep_dropoff_datetime"),
    "fhv": ("pickup_datetime", "dropOff_datetime"),
}


def trips(taxi: str, month: str, rows: int, **overrides: Any) -> pa.Table:
    """A month's rows, every one another. An override is a column's values, or None to leave it out."""
    kinds = OF_TAXI[taxi] if taxi == "fhv" else SHARED | OF_TAXI[taxi]
    columns = {
        name: pa.array([value(n) for n in range(rows)], kind)
        for name, (kind, value) in kinds.items()
    }
    first = dt.datetime.fromisoformat(f"{month}-01T00:10:00")
    for name, minutes in zip(PICKUPS[taxi], (0, 20), strict=True):
        times = [first + dt.timedelta(minutes=n + minutes) for n in range(rows)]
        columns[name] = pa.array(times, pa.timestamp("us"))
    columns |= {name: pa.array(values) for name, values in overrides.items() if values is not None}
    return pa.table({n: v for n, v in columns.items() if overrides.get(n, v) is not None})


def write_month(
    folder: Path, taxi: str = "green", month: str = "2021-01", rows: int = 10, **overrides: Any
) -> Path:
    """A Parquet file with a name like the TLC's."""
    path = folder / f"{taxi}_tripdata_{month}.parquet"
    pq.write_table(trips(taxi, month, rows, **overrides), path)
    return path


def write_fhvhv(folder: Path, **overrides: Any) -> Path:
    """Two trips; what a passenger pays is spread over columns, of which one is missing here."""
    path = folder / "fhvhv_tripdata_2021-01.parquet"
    moment = dt.datetime(2021, 1, 5, 12)
    columns = {
        "hvfhs_license_num": ["HV0003"] * 2, "dispatching_base_num": ["B1"] * 2,
        "pickup_datetime": [moment] * 2, "dropoff_datetime": [moment] * 2,
        "PULocationID": [7, 7], "DOLocationID": [8, 8], "trip_miles": [1.5, 2.0],
        "base_passenger_fare": [10.0, 20.0], "tolls": [1.0, None], "bcf": [0.5, 0.5],
        "sales_tax": [1.0, 2.0], "congestion_surcharge": [2.75, 2.75], "airport_fee": [None, 2.5],
        "tips": [2.0, 0.0], "driver_pay": [8.0, 16.0],
    }  # fmt: skip
    pq.write_table(pa.table(columns | overrides), path)
    return path


def write_csv(folder: Path, taxi: str = "green", month: str = "2021-01", rows: int = 10) -> Path:
    """The same month as the mirror has it."""
    path = folder / f"{taxi}_tripdata_{month}.csv.gz"
    with pa.CompressedOutputStream(str(path), "gzip") as stream:
        pyarrow.csv.write_csv(trips(taxi, month, rows), stream)
    return path


def landed(path: Path, rows: int | None = None) -> LandedFile:
    """The file as landing would describe it."""
    if rows is None:
        is_parquet = path.suffix == ".parquet"
        rows = pq.read_metadata(path).num_rows if is_parquet else csv_rows(path)
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    url = f"https://trips.example/{path.name}"
    size = len(content)
    return LandedFile(path.as_uri(), url, f'"{digest[:8]}"', None, size, digest, rows, size)


def csv_rows(path: Path) -> int:
    return count_rows(path, path.name, path.as_uri())


def trip_file(path: Path) -> TripFile:
    taxi, _, month = path.name.split(".")[0].split("_")
    return TripFile.of(taxi, month, "parquet" if path.suffix == ".parquet" else "csv")


def stage_file(
    connection: psycopg.Connection[Any],
    path: Path,
    run: str = "first",
    rows: int | None = None,
    max_rejects: int = 0,
) -> StagedMonth:
    file = trip_file(path)
    table = PostgresTable("staging", file.staging_table(run))
    contract = load_contract(file.taxi)
    found = landed(path, rows)
    return stage(connection, table, file, found, contract, path, max_rejects=max_rejects)


def prepare(
    connection: psycopg.Connection[Any], path: Path, run: str = "first", max_rejects: int = 0
) -> Load:
    """Stage and check a file, up to its merge."""
    file, found = trip_file(path), landed(path)
    staged = stage_file(connection, path, run, max_rejects=max_rejects)
    check_rows(connection, staged, found, file)
    oddities = check_oddities(connection, staged, file)
    started = dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    return Load(file, Run("tlc_test", run, started), found, staged, oddities)


def merge_load(
    connection: psycopg.Connection[Any],
    load: Load,
    mode: MergeMode = MergeMode.REPLACE,
    *,
    force: bool = False,
) -> MergeResult:
    return merge(connection, load, load_contract(load.file.taxi), "public", mode, force)


def load_month(
    connection: psycopg.Connection[Any],
    path: Path,
    run: str = "first",
    mode: MergeMode = MergeMode.REPLACE,
    *,
    force: bool = False,
) -> MergeResult:
    """All the warehouse's steps of a file."""
    return merge_load(connection, prepare(connection, path, run), mode, force=force)


def count(connection: psycopg.Connection[Any], table: str = "green_tripdata") -> int:
    return int(value(connection, f"SELECT count(*) FROM {table}"))


def value(connection: psycopg.Connection[Any], query: str) -> Any:
    [[found]] = connection.execute(query).fetchall()
    return found


def staging_tables(connection: psycopg.Connection[Any]) -> list[str]:
    query = "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace('staging')"
    return [name for (name,) in connection.execute(query)]

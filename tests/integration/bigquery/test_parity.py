"""Every canonical value and every unique_row_id equals the reader's, and so Postgres's."""

from __future__ import annotations

import datetime as dt
import gzip
import math
import random
import struct
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cloud_month import CloudMonth

from nyc_tlc.core.bigquery.check import check_rows
from nyc_tlc.core.bigquery.sql import statement
from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse
from nyc_tlc.core.catalog import Taxi
from nyc_tlc.core.contract.model import load_contract
from nyc_tlc.core.errors import ContractError, RowCountMismatchError
from nyc_tlc.core.reader.trips import TripReader
from tests.support.trip_data import TripData, generated, real

pytestmark = pytest.mark.integration


def one_of_each_layout() -> list[Path]:
    """A sample, or the head of a file, for every header that the course's files have had: of TLC's
    own files where they are, else of generated ones.
    """
    data = real() or generated()
    found: dict[tuple[str, bytes], Path] = {}
    for path in sorted([*data.folder.glob("samples/*.csv"), *data.folder.glob("heads/*.csv")]):
        header = path.read_bytes().split(b"\n", 1)[0].strip().lower()
        found.setdefault((path.name.split("_")[0], header), path)
    return list(found.values())


LAYOUTS = one_of_each_layout()
SOME_MONTHS = [
    "trip-data/green_tripdata_2021-01.parquet",
    "trip-data/green_tripdata_2023-02.parquet",
    "csv-mirror/green_tripdata_2020-12.csv.gz",
]


def ids_read(path: Path, taxi: Taxi) -> list[str]:
    batches = TripReader(path, load_contract(taxi)).batches()
    return sorted(value.hex() for b in batches for value in b["unique_row_id"].to_pylist())


def ids_staged(month: CloudMonth) -> list[str]:
    """In one text: the emulator is slow at rows."""
    table = month.warehouse.place.staging(month.file, month.run)
    sql = f"SELECT STRING_AGG(TO_HEX(unique_row_id), '') AS ids FROM {table.quoted}"
    [row] = month.warehouse.query(sql)
    return sorted(row.ids[i : i + 32] for i in range(0, len(row.ids), 32))


def rows_read(path: Path, taxi: Taxi) -> list[tuple[Any, ...]]:
    """The file's readable rows as Postgres gets them, in the order of their text."""
    contract = load_contract(taxi)
    reader = TripReader(path, contract)
    has = {column.name for column in reader.columns}
    rows = [
        (row["unique_row_id"], *(row[c.name] if c.name in has else None for c in contract.columns))
        for batch in reader.readable_batches()
        for row in batch.to_pylist()
    ]
    return sorted(rows, key=repr)


def rows_staged(month: CloudMonth) -> list[tuple[Any, ...]]:
    names = ["unique_row_id", *(c.name for c in load_contract(month.file.taxi).columns)]
    table = month.warehouse.place.staging(month.file, month.run)
    rows = month.warehouse.query(f"SELECT {', '.join(names)} FROM {table.quoted}")
    return sorted((row.values() for row in rows), key=repr)


@pytest.mark.parametrize("name", SOME_MONTHS)
def test_the_ids_of_a_whole_month(
    warehouse: BigQueryWarehouse, storage: Any, trip_data: TripData, name: str
) -> None:
    path = trip_data / name
    month = CloudMonth.of(warehouse, storage, path, "green", path.name[15:22])
    month.stage()
    ids = ids_staged(month)
    assert len(ids) == month.landed.rows
    assert ids == ids_read(path, Taxi.GREEN)


@pytest.mark.parametrize("sample", LAYOUTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_csv_layout(
    warehouse: BigQueryWarehouse, storage: Any, tmp_path: Path, sample: Path
) -> None:
    taxi, month = sample.stem.split("_")[0], sample.stem[-7:]
    path = tmp_path / f"{sample.name}.gz"
    path.write_bytes(gzip.compress(sample.read_bytes()))
    loaded = CloudMonth.of(warehouse, storage, path, taxi, month, max_rejects=10)
    loaded.stage()
    assert rows_staged(loaded) == rows_read(path, Taxi(taxi))


ODD_LINES = [
    "1,2021-01-01 00:00:00,2021-01-01 00:10:00,N,1,7,8,1,1.5,6,0,0.5,0,0,,0.3,6.8,1,1,0",
    '2,"2021-01-01 00:00",2021-01-01T00:10:00.25,"N",1.0,7,8,,-0.0,1e2,0.1,.5,0,0,,0.3,6.8,1,1,0',
    "",
    "VendorID,lpep_pickup_datetime,lpep_dropoff_datetime,store_and_fwd_flag,RatecodeID,PULocationID"
    ",DOLocationID,passenger_count,trip_distance,fare_amount,extra,mta_tax,tip_amount,tolls_amount,"
    "ehail_fee,improvement_surcharge,total_amount,payment_type,trip_type,congestion_surcharge",
    ',2021-01-01,2021-01-02,"a""b|c\\d,e", 3 ,,,,123456789.123456789,9e9,0.000001,-0.0000004,'
    "1234567890.1234567,1e15,1e16,12345678901234567168,0.1,1,1,  ",
    "1,2021-01-01 00:00:00,2021-01-01 00:10:00,é✓, +1 ,7,8,1,5.,6,0,0.5,0,0,,0.3,6.8,1,1,0,,  ,",
]
BAD_LINES = [
    "1.5,2021-01-01 00:00:00,2021-01-01 00:10:00,N,1,7,8,1,1.5,6,0,0.5,0,0,,0.3,6.8,1,1,0",
    "1,2021-01-01 24:00:00,2021-01-01 00:10:00,N,1,7,8,1,1.5,6,0,0.5,0,0,,0.3,6.8,1,1,0",
    "1,2021-02-29 00:00:00,2021-01-01 00:10:00,N,1,7,8,1,1.5,6,0,0.5,0,0,,0.3,6.8,1,1,0",
    "1,2021-01-01 00:00:00,2021-01-01 00:10:00,N,1,7,8,1,nan,6,0,0.5,0,0,,0.3,6.8,1,1,0",
    "1,2021-01-01 00:00:00,2021-01-01 00:10:00,N,1,7,8,1,1_000,6,0,0.5,0,0,,0.3,6.8,1,1,0",
    "1,2021-01-01 00:00:00,2021-01-01 00:10:00,N,3000000000,7,8,1,1,6,0,0.5,0,0,,0.3,6.8,1,1,0",
    "1,2021-01-01 00:00:00,2021-01-01 00:10:00,N,1,7,8,1,9007199254740993,6,0,0.5,0,0,,0.3,6.8,1,1,0",
    "1,2021-01-01 00:00:00,2021-01-01 00:10:00,N,1,7,8,1,\t,6,0,0.5,0,0,,0.3,6.8,1,1,0",
    f"1,2021-01-01 00:00:00,2021-01-01 00:10:00,{'x' * 1001},1,7,8,1,1.5,6,0,0.5,0,0,,0.3,6.8,1,1,0",
    "1,2021-01-01 00:00:00,2021-01-01 00:10:00,N,1,7,8,1,1e400,6,0,0.5,0,0,,0.3,6.8,1,1,0",
    "1,2021-01-01 00:00:00,2021-01-01 00:10:00,N,1,7",
    "1,2021-01-01 00:00:00,2021-01-01 00:10:00,N,1,7,8,1,1.5,6,0,0.5,0,0,,0.3,6.8,1,1,0,9",
    '1,2021-01-01 00:00:00,2021-01-01 00:10:00,a"b,1,7,8,1,1.5,6,0,0.5,0,0,,0.3,6.8,1,1,0',
    '1,2021-01-01 00:00:00,2021-01-01 00:10:00,"a"b,1,7,8,1,1.5,6,0,0.5,0,0,,0.3,6.8,1,1,0',
    '1,2021-01-01 00:00:00,2021-01-01 00:10:00,"ab,1,7,8,1,1.5,6,0,0.5,0,0,,0.3,6.8,1,1,0',
    "1,2021-01-01 00:00:00,2021-01-01 00:10:00,\0,1,7,8,1,1.5,6,0,0.5,0,0,,0.3,6.8,1,1,0",
]


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_odd_lines_are_read_and_bad_lines_refused_as_in_the_reader(
    warehouse: BigQueryWarehouse, storage: Any, tmp_path: Path, end: str
) -> None:
    path = tmp_path / "green_tripdata_2021-01.csv.gz"
    lines = [ODD_LINES[3], *ODD_LINES, *BAD_LINES]
    path.write_bytes(gzip.compress((end.join(lines) + end).encode()))
    month = CloudMonth.of(warehouse, storage, path, "green", "2021-01", max_rejects=len(BAD_LINES))
    month.stage()
    read = rows_read(path, Taxi.GREEN)
    assert len(read) == 4
    assert rows_staged(month) == read
    rejects = rejects_kept(warehouse)
    assert [reject[0] for reject in rejects] == [*range(8, 8 + len(BAD_LINES))]
    assert [reject[-1] for reject in rejects] == [line.replace("\0", "\\x00") for line in BAD_LINES]
    assert len(read) + len(rejects) == month.landed.rows


def rejects_kept(warehouse: BigQueryWarehouse) -> list[tuple[Any, ...]]:
    """Line, column, value, reason and raw row, as Postgres has them too."""
    rows = warehouse.query(
        "SELECT line, column_name, value, reason, raw "
        f"FROM {warehouse.place.rejects.quoted} ORDER BY line"
    )
    return [row.values() for row in rows]


def test_rows_of_a_parquet_file_that_cannot_be_read(
    warehouse: BigQueryWarehouse, storage: Any, tmp_path: Path
) -> None:
    path = tmp_path / "yellow_tripdata_2009-01.parquet"
    columns = PARQUET_FILES["yellow 2009-01"]
    times = pa.array(["2009-01-04 02:52:00", "yesterday"] * 3)
    pq.write_table(pa.table({**columns, "Trip_Pickup_DateTime": times}), path)
    month = CloudMonth.of(warehouse, storage, path, "yellow", "2009-01", max_rejects=3)
    month.stage()
    assert rows_staged(month) == rows_read(path, Taxi.YELLOW)
    kept = rejects_kept(warehouse)
    assert [reject[:3] for reject in kept] == [
        (line, "Trip_Pickup_DateTime", "yesterday") for line in (2, 4, 6)
    ]
    assert kept == [
        (r.line, r.column, r.value, r.reason, r.raw)
        for r in TripReader(path, load_contract(Taxi.YELLOW)).rejects()
    ]


def test_too_many_rejects_are_reported_with_their_lines(
    warehouse: BigQueryWarehouse, storage: Any, tmp_path: Path
) -> None:
    path = tmp_path / "green_tripdata_2021-01.csv.gz"
    path.write_bytes(gzip.compress("\n".join([ODD_LINES[3], *BAD_LINES[:2], ""]).encode()))
    month = CloudMonth.of(warehouse, storage, path, "green", "2021-01", max_rejects=1)
    with pytest.raises(ContractError, match="line 2 has VendorID = '1.5'.*tolerated: 1") as raised:
        month.stage()
    assert str(warehouse.place.rejects) in str(raised.value)
    assert len(rejects_kept(warehouse)) == 2


def test_missing_readable_rows_stop_the_load(
    warehouse: BigQueryWarehouse, storage: Any, tmp_path: Path
) -> None:
    path = tmp_path / "green_tripdata_2021-01.csv.gz"
    path.write_bytes(gzip.compress("\n".join([ODD_LINES[3], *ODD_LINES[:2], ""]).encode()))
    month = CloudMonth.of(warehouse, storage, path, "green", "2021-01")
    staged = month.stage()
    table = month.staging.quoted
    warehouse.query(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {table} WHERE FALSE")
    with pytest.raises(RowCountMismatchError, match="but 0 are in .* and 0 in tlc_reject"):
        check_rows(warehouse, month.staging, staged, month.landed, month.file)


T = dt.datetime(2021, 1, 1, 0, 0, 0, 123456)
PARQUET_FILES = {
    "yellow 2009-01": {
        "vendor_name": pa.array(["CMT", "vts", "DDS", "7", None, "  2 "]),
        "Trip_Pickup_DateTime": pa.array(["2009-01-04 02:52:00"] * 5 + [" 2009-01-04 02:52 "]),
        "Trip_Dropoff_DateTime": pa.array(["2009-01-04 03:02:00"] * 6),
        "Passenger_Count": pa.array([1, 2, None, 4, 5, 6], pa.int64()),
        "Trip_Distance": pa.array([2.63, 4.55, 1e9, None, -0.0, 0.0]),
        "store_and_forward": pa.array([None, 1.0, 0.0, 2.5, -1.0, 7.0]),
        "Payment_Type": pa.array(["CASH", "Credit", "No Charge", "what", "", None]),
        "Fare_Amt": pa.array([8.9, 12.1, 1 / 3, 2e15, 1e16, 1e300]),
        "Total_Amt": pa.array([9.4, 14.6, 0.1 + 0.2, 0, 0, 0], pa.float64()),
        "__index_level_0__": pa.array(range(6)),
    },
    "fhv 2019-01": {
        "dispatching_base_num": pa.array(["B00001", "B0|2\\", "", None]),
        "pickup_datetime": pa.array([T, None, T, T], pa.timestamp("us")),
        "dropOff_datetime": pa.array([T, T, None, T], pa.timestamp("us")),
        "PUlocationID": pa.array([1.0, 265.0, None, 0.0]),
        "DOlocationID": pa.array([None, 7.0, 8.0, 9.0]),
        "SR_Flag": pa.nulls(4, pa.int32()),
        "Affiliated_base_number": pa.array(["B00001", None, "x", "é✓"]),
    },
    "fhvhv 2021-01": {
        "hvfhs_license_num": pa.array(["HV0003", "HV0005"]),
        "pickup_datetime": pa.array([T, T], pa.timestamp("us")),
        "dropoff_datetime": pa.array([T, T], pa.timestamp("us")),
        "PULocationID": pa.array([1, 2], pa.int32()),
        "trip_miles": pa.array([2.450000047, 1e-7]),
        "trip_time": pa.array([923, -1], pa.int64()),
        "tips": pa.array([0, 3], pa.int64()),
        "wav_match_flag": pa.array(["Y", None], pa.large_string()),
        "new_fee": pa.array([1.0, 2.0]),
    },
}


@pytest.mark.parametrize("name", PARQUET_FILES)
def test_parquet_of_every_taxi(
    warehouse: BigQueryWarehouse, storage: Any, tmp_path: Path, name: str
) -> None:
    taxi, month = name.split()
    path = tmp_path / f"{taxi}_tripdata_{month}.parquet"
    pq.write_table(pa.table(PARQUET_FILES[name]), path)
    loaded = CloudMonth.of(warehouse, storage, path, taxi, month)
    loaded.stage()
    assert rows_staged(loaded) == rows_read(path, Taxi(taxi))


def floats() -> list[float]:
    """Plain ones, edges, and every exponent."""
    chance = random.Random(7)
    plain = [round(chance.uniform(-500, 500), 2) for _ in range(300)]
    near = [chance.uniform(-1000, 1000) for _ in range(300)]
    sizes = [10 ** chance.uniform(-8, 20) * chance.choice((1, -1)) for _ in range(500)]
    bits = [struct.unpack("d", struct.pack("Q", chance.getrandbits(64)))[0] for _ in range(400)]
    halves = [(2 * k + 1) / 2e6 for k in range(0, 2000, 7)]
    edges = [
        0.0, -0.0, 1.0, 12.5, 1e-6, -1e-6, 5e-7, 4e-7, 1e-5, 1.2e-5, 9.9e-5, 1e-4, 99.999999, 1e9,
        1234567890.123456, 1e15, 9.5e15, 9007199254740993.0, 1e16, 1.5e16, 1e100, 1e303, -1.7e308,
    ]  # fmt: skip
    return [x for x in (*plain, *near, *sizes, *bits, *halves, *edges) if math.isfinite(x)]


def test_the_text_of_a_float_is_duckdbs(warehouse: BigQueryWarehouse) -> None:
    from google.cloud.bigquery import ArrayQueryParameter, QueryJobConfig

    given = floats()
    expected = duckdb.execute(
        "SELECT round(x, 6)::VARCHAR FROM (SELECT unnest($1::DOUBLE[]) AS x)", [given]
    ).fetchall()
    sql = statement("functions") + (
        "SELECT FLOAT_TEXT(value) AS text FROM UNNEST(@given) AS value WITH OFFSET AS place "
        "ORDER BY place"
    )
    config = QueryJobConfig(query_parameters=[ArrayQueryParameter("given", "FLOAT64", given)])
    rows = warehouse.client.query_and_wait(sql, job_config=config)
    assert [row.text for row in rows] == [text for (text,) in expected]

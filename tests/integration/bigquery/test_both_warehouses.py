"""The same verdicts in both warehouses: rows, ids, rejects and error classes of files that once differed.

The cases are those of ../shared/data/failing/bigquery, built here and read from there too if it is there.
"""

from __future__ import annotations

import datetime as dt
import gzip
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cloud_month import CloudMonth
from psycopg import sql

from nyc_tlc.core.bigquery import prepare
from nyc_tlc.core.bigquery.columns import column_types
from nyc_tlc.core.bigquery.place import Place
from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse
from nyc_tlc.core.contract.model import load_contract
from nyc_tlc.core.errors import ContractError, TlcError
from nyc_tlc.core.postgres.stage import staging_table
from nyc_tlc.core.reader.rejects import BadRows, Reject
from tests.support.trip_data import real_folder
from tests.support.trip_files import landed, stage_file, trip_file, write_csv, write_month

pytestmark = [
    pytest.mark.integration,
    pytest.mark.parametrize("postgres_socket", [18], indirect=True, ids=["postgres18"]),
]

ROWS = 5
MONTH = "2019-03"
REJECTS = "SELECT line, column_name, value, reason, raw FROM {} ORDER BY line"

Maker = Callable[[Path], Path]


@dataclass(frozen=True)
class Verdict:
    """What became of a file: its rows with their ids, its rejects, the class of the error."""

    rows: list[Any]
    rejects: list[Any]
    error: type[Exception] | None = None


def parquet(**columns: Any) -> Maker:
    return lambda folder: write_month(folder, "green", MONTH, ROWS, **columns)


def csv(edit: Callable[[bytes], bytes]) -> Maker:
    """The file's bytes, edited. Its second row has the flag ``Y``."""

    def make(folder: Path) -> Path:
        path = write_csv(folder, "green", MONTH, ROWS)
        path.write_bytes(gzip.compress(edit(gzip.decompress(path.read_bytes()))))
        return path

    return make


def flag(value: bytes) -> Maker:
    return csv(lambda text: text.replace(b'"Y"', value, 1))


def one(odd: Any, usual: Any, kind: pa.DataType | None = None) -> pa.Array:
    return pa.array([usual, odd, *[usual] * (ROWS - 2)], kind)


def yellow_of_2009(word: str) -> Maker:
    columns = (
        "vendor_name,Trip_Pickup_DateTime,Trip_Dropoff_DateTime,Passenger_Count,Trip_Distance,Start_Lon,"
        "Start_Lat,Rate_Code,store_and_forward,End_Lon,End_Lat,Payment_Type,Fare_Amt,surcharge,mta_tax,"
        "Tip_Amt,Tolls_Amt,Total_Amt"
    )
    row = "VTS,2009-02-28 00:26:00,2009-02-28 00:40:00,5,3.05,0,0,,,0,0,{},10.5,0.5,,0,0,11"
    lines = [columns, *(row.format(each) for each in ("CASH", word, "Credit"))]

    def make(folder: Path) -> Path:
        path = folder / "yellow_tripdata_2009-02.csv.gz"
        path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))
        return path

    return make


NOON = dt.datetime(2019, 3, 1, 12)
NAN = float("nan")
# By the folder's name: the file, and how many rows are rejects (None: the file is refused).
CASES: dict[str, tuple[Maker, int | None]] = {
    "b01_replacement_char_valid": (flag("\ufffd".encode()), 0),
    "b03_nul_in_word": (yellow_of_2009("CA\0SH"), 1),
    "b04_surplus_quoted_blank": (csv(lambda text: text.replace(b"\n", b',""\n').replace(b',""', b"", 1)), 0),
    "b05_plus_minus_and_year_0000": (csv(lambda text: text.replace(b"2019", b"0000", 1)), 1),
    "b07_timestamp_with_zone": (
        parquet(lpep_pickup_datetime=pa.array([NOON] * ROWS, pa.timestamp("us", "America/New_York"))), None,
    ),
    "b08_ns_remainder": (
        parquet(lpep_pickup_datetime=one(10**18 + 1, 10**18, pa.int64()).view(pa.timestamp("ns"))), 1,
    ),
    "b09_text_from_double": (parquet(store_and_fwd_flag=one(1e20, 1.0)), 1),
    "b10_word_inf": (yellow_of_2009("inf"), 0),
    "b12_text_over_131072": (flag(b"x" * 131_073), 1),
    "b13_binary_not_utf8": (parquet(store_and_fwd_flag=one(b"\xff", b"N")), 1),
    "b15_list_as_text": (parquet(store_and_fwd_flag=[["N"]] * ROWS), None),
    "b16_uint64_money": (parquet(fare_amount=one(5, 6, pa.uint64())), 0),
    "b17_blank_in_known_name": (parquet(**{"fare_amount": None, " fare_amount ": [1.5] * ROWS}), 0),
    "b18_mixed_line_ends": (csv(lambda text: text.replace(b"\n", b"\r\n").replace(b"\r\n", b"\n", 1)), 0),
    "b19_nan_total_then_parity": (parquet(total_amount=one(NAN, 1.0)), 1),
    "b21_tab_alone": (csv(lambda text: text.replace(b",0.5,", b",\t,", 1)), 1),
    "b22_case_duplicate_columns": (parquet(Odd=[1] * ROWS, odd=[2] * ROWS), 0),
    "b23_unknown_name_with_dot": (parquet(**{"a.b`c": [1] * ROWS}), 0),
    "b25_latin1": (flag(b"\xe9"), 1),
    "b25b_latin1_unknown": (
        csv(lambda text: text.replace(b"\n", b",\xe9\n").replace(b",\xe9\n", b",unknown\n", 1)), 0,
    ),
    "b26_lone_cr": (flag(b"N\rY"), 1),
    "b28_nan_in_double_id": (parquet(passenger_count=one(NAN, 1.0)), 1),
}  # fmt: skip


def in_postgres(connection: psycopg.Connection[Any], path: Path, most: int) -> Verdict:
    file = trip_file(path)
    names = sql.SQL(", ").join(map(sql.Identifier, column_types(load_contract(file.taxi))))
    try:
        staged = stage_file(connection, path, max_rejects=most)
    except TlcError as error:
        return Verdict([], rejects_of(connection), type(error))
    table = staging_table(staged).identifier
    rows = connection.execute(sql.SQL("SELECT {} FROM {}").format(names, table)).fetchall()
    plain = sorted(((row[0].bytes, *row[1:]) for row in rows), key=repr)
    return Verdict(plain, rejects_of(connection))


def rejects_of(connection: psycopg.Connection[Any]) -> list[Any]:
    exists = connection.execute("SELECT to_regclass('tlc_reject')").fetchone()
    if exists is None or exists[0] is None:
        return []
    return connection.execute(REJECTS.format("tlc_reject")).fetchall()


def in_bigquery(warehouse: BigQueryWarehouse, storage: Any, path: Path, most: int) -> Verdict:
    file = trip_file(path)
    month = CloudMonth.of(
        warehouse, storage, path, str(file.taxi), str(file.month), max_rejects=most
    )
    rejects = warehouse.place.rejects

    def kept() -> list[Any]:
        if warehouse.find(rejects) is None:
            return []
        return [row.values() for row in warehouse.query(REJECTS.format(rejects.quoted))]

    try:
        month.stage()
    except TlcError as error:
        return Verdict([], kept(), type(error))
    names = ", ".join(column_types(load_contract(file.taxi)))
    rows = warehouse.query(f"SELECT {names} FROM {month.staging.quoted}")
    return Verdict(sorted((row.values() for row in rows), key=repr), kept())


def in_prepared_file(monkeypatch: pytest.MonkeyPatch, path: Path, most: int) -> Verdict:
    """What BigQuery is to load, without the emulator: the file in the bucket, and the rejects."""
    file, kept, rows = trip_file(path), [], []

    def send(_bucket: Any, _name: str, written: Path, _metadata: Any) -> None:
        rows.extend(tuple(row.values()) for row in pq.read_table(written).to_pylist())

    def record(_warehouse: Any, _file: Any, rejects: Iterable[Reject], limit: int) -> int:
        bad = BadRows(rejects)
        kept.extend((reject.line, *reject.texts) for reject in bad)
        if bad.count > limit:
            raise ContractError("too many")
        return len(kept)

    monkeypatch.setattr(prepare, "send", send)
    monkeypatch.setattr(prepare, "record_rejects", record)
    monkeypatch.setattr(prepare, "forget_rejects", lambda *_: None)
    place = Place("a-project", "US", "a-bucket", "a_dataset")
    warehouse: Any = SimpleNamespace(place=place)
    contract, staging = load_contract(file.taxi), place.staging(file, "run")
    bucket: Any = None
    try:
        prepare.prepare(
            bucket, warehouse, staging, file, landed(path), contract, path, max_rejects=most
        )
    except TlcError as error:
        return Verdict([], kept, type(error))
    return Verdict(sorted(rows, key=repr), kept)


@pytest.mark.parametrize("case", CASES)
def test_both_end_a_file_alike(
    connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, case: str
) -> None:
    make, rejected = CASES[case]
    path = make(tmp_path)
    verdict = in_postgres(connection, path, most=ROWS)
    assert in_prepared_file(monkeypatch, path, most=ROWS) == verdict
    if rejected is None:
        assert verdict.error is ContractError
    else:
        assert (len(verdict.rejects), verdict.error) == (rejected, None)
        assert len(verdict.rows) > 1
    folder = real_folder() / "failing" / "bigquery" / case
    for real in sorted(folder.glob("*_tripdata_*")):
        connection.execute("DROP TABLE IF EXISTS tlc_reject")
        verdict = in_postgres(connection, real, most=100)
        assert in_prepared_file(monkeypatch, real, most=100) == verdict


HOSTILE = (
    "", " ", "\t", '""', '" "', "nan", "inf", "-0.0", "+-5", "1e400", "1_000", "9007199254740993", "1.5",
    "3000000000", "2019-03-01", "2019-03-01 24:00:00", "0000-01-01 00:00:00", "2019-02-29 00:00:00",
    "2019-03-01 00:00:00+02:00", '"a""b"', '"a"b', "a|p\\", "é\ufffd", "x" * 1001, "\0", "1,2", "\u0085",
)  # fmt: skip


def test_both_end_rows_of_chance_alike(
    connection: psycopg.Connection[Any], warehouse: BigQueryWarehouse, storage: Any, tmp_path: Path
) -> None:
    """A hostile value in a field of chance, in two of three rows; through the emulator."""
    chance = random.Random(1)
    path = write_csv(tmp_path, "green", MONTH, 240)
    header, *lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    for number, line in enumerate(lines):
        if number % 3:
            cells = line.split(",")
            cells[chance.randrange(len(cells))] = chance.choice(HOSTILE)
            lines[number] = ",".join(cells)
    path.write_bytes(gzip.compress("\n".join([header, *lines, ""]).encode()))
    verdict = in_postgres(connection, path, most=len(lines))
    assert in_bigquery(warehouse, storage, path, most=len(lines)) == verdict
    assert verdict.error is None
    assert len(verdict.rows) > 80
    assert len(verdict.rejects) > 40
    refused = in_postgres(connection, path, most=1)
    assert refused.error is ContractError
    assert in_bigquery(warehouse, storage, path, most=1) == refused

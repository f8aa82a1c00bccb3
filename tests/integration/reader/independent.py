"""An independent reader of trip files (csv module or plain pyarrow), and the same rows from Postgres."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
from psycopg.rows import dict_row

from nyc_tlc.core.catalog import Taxi, TripFile
from nyc_tlc.core.contract.model import Contract, load_contract
from nyc_tlc.core.landing.landed import LandedFile
from nyc_tlc.core.landing.verify import count_rows
from nyc_tlc.core.postgres.stage import stage
from nyc_tlc.core.postgres.tables import LOAD_COLUMNS, PostgresTable

Row = dict[str, Any]


def expected_rows(path: Path) -> list[Row]:
    """Without NULLs."""
    return parquet_rows(path) if path.suffix == ".parquet" else csv_rows(path)


def loaded_rows(connection: psycopg.Connection[Any], path: Path) -> list[Row]:
    """The file's rows as they are in Postgres, in its order, without NULLs."""
    taxi, _, month = path.name.split(".")[0].split("_")
    file = TripFile.of(taxi, month, "parquet" if path.suffix == ".parquet" else "csv")
    rows = count_rows(path, path.name, path.as_uri())
    landed = LandedFile(path.as_uri(), path.as_uri(), None, None, path.stat().st_size, "", rows)
    table = PostgresTable("staging", file.staging_table("independent"))
    staged = stage(connection, table, file, landed, contract_of(path), path)
    assert staged.rows == rows
    with connection.cursor(row_factory=dict_row) as cursor:
        query = psycopg.sql.SQL("SELECT * FROM {} ORDER BY ctid").format(table.identifier)
        return [without_nulls(row) for row in cursor.execute(query)]


def without_nulls(row: Row) -> Row:
    own = LOAD_COLUMNS.keys()
    return {name: value for name, value in row.items() if value is not None and name not in own}


def contract_of(path: Path) -> Contract:
    return load_contract(Taxi(path.name.split("_")[0]))


def csv_rows(path: Path) -> list[Row]:
    raw = path.read_bytes()
    raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
    text = raw.decode("utf-8-sig")
    lines = [line for line in csv.reader(io.StringIO(text, newline="")) if "".join(line).strip()]
    header, *records = lines
    columns = columns_of(path, header)
    return [canonical(columns, record) for record in records if record != header]


def parquet_rows(path: Path) -> list[Row]:
    table = pq.read_table(path)
    columns = columns_of(path, table.column_names)
    values = [column.to_pylist() for column in table.columns]
    return [canonical(columns, row) for row in zip(*values, strict=True)]


def columns_of(path: Path, header: list[str]) -> list[Any]:
    """The contract's column of each of the file's; None where it has none."""
    names, contract = header_names(path), contract_of(path)
    known = (names.get(name.strip().lower()) for name in header)
    return [None if name is None else contract.column(name) for name in known]


def canonical(columns: list[Any], values: Sequence[Any]) -> Row:
    row: Row = {}
    for column, value in zip(columns, values, strict=False):
        if column is not None:
            row |= convert(column, value)
    return row


def header_names(path: Path) -> dict[str, str]:
    """Every name a file may use, to its canonical one."""
    return {
        known: column.name
        for column in contract_of(path).columns
        if not column.derived
        for known in (column.name, *column.aliases)
    }


def convert(column: Any, value: Any) -> Row:
    """One cell as the contract has it: a code and its word may both come of it."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return {} if column.type != "text" or value in (None, "") else {column.name: value}
    if column.type == "timestamp":
        return {column.name: value if isinstance(value, dt.datetime) else parse_time(value)}
    if column.type == "text":
        return {column.name: f"{value:g}" if isinstance(value, float) else str(value)}
    if column.type == "float":
        return {column.name: float(value)}
    try:
        number = float(value)
    except ValueError:
        word = {column.word_column: value}
        code = column.words.get(value.strip().lower())
        return word if code is None else {**word, column.name: code}
    assert number == int(number)
    return {column.name: int(number)}


def parse_time(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text.strip())

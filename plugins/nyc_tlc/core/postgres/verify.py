"""Reads a month's rows back and computes their ids again, with the code that made them.

An UPDATE by hand leaves ``unique_row_id`` as it was. So only the content can tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from nyc_tlc.core.contract.model import Column, ColumnType
from nyc_tlc.core.postgres.copy import copying
from nyc_tlc.core.postgres.extract import blocks
from nyc_tlc.core.postgres.server_errors import named_misfit, named_server_errors
from nyc_tlc.core.postgres.sql import statement
from nyc_tlc.core.postgres.tables import TYPES, PostgresTable, columns_of, exists, type_sql
from nyc_tlc.core.postgres.trips import of_month
from nyc_tlc.core.reader.engine import connect
from nyc_tlc.core.reader.fingerprint import id_sum, row_ids
from nyc_tlc.core.verify import MonthContent

if TYPE_CHECKING:
    import pyarrow as pa
    from psycopg import Connection

    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.contract.model import Contract

STORED_ID = "unique_row_id"


@named_server_errors("verify")
def month_content(
    connection: Connection[Any], schema: str, file: TripFile, contract: Contract
) -> MonthContent:
    """Read the month's rows and compute their ids again, in blocks of some megabytes."""
    trips = PostgresTable(schema, file.taxi.trips_table)
    if not exists(connection, trips):
        return MonthContent(0, 0, 0)
    there = columns_of(connection, trips)
    columns = [column for column in contract.columns if column.name in there]
    names = [*([STORED_ID] if STORED_ID in there else []), *(column.name for column in columns)]
    query = statement(
        "month_content",
        columns=sql.SQL(", ").join(
            [*map(_stored_id, names[: -len(columns)]), *map(_value, columns)]
        ),
        trips=trips.identifier,
        of_month=of_month(connection, trips, file),
    )
    rows = total = changed = 0
    with connection.transaction(), connect(threads=1) as database, named_misfit(trips):
        connection.execute("SET LOCAL datestyle = 'ISO'")
        connection.execute("SET LOCAL extra_float_digits = 1")
        with copying(connection, query) as copy:
            for block in blocks(copy):
                found = _parsed(block, names, contract)
                ids = row_ids(contract, _encoded(found, columns), database)
                rows, total = rows + len(ids), total + id_sum(ids)
                if STORED_ID in names:
                    changed += _different(found[STORED_ID].to_pylist(), ids)
    return MonthContent(rows, total, changed)


def _stored_id(name: str) -> sql.Composed:
    return sql.SQL("replace({}::text, '-', '')").format(sql.Identifier("trip", name))


def _value(column: Column) -> sql.Composed:
    """In our own type, whatever type a user's table has; a time as the microseconds that are hashed."""
    value = sql.SQL("{}::{}").format(
        sql.Identifier("trip", column.name), type_sql(TYPES[column.type])
    )
    if column.type is ColumnType.TIMESTAMP:
        return sql.SQL("(extract(epoch FROM {}) * 1000000)::bigint").format(value)
    return value


def _parsed(block: bytes, names: list[str], contract: Contract) -> pa.Table:
    """COPY writes NULL as nothing, and an empty text in quotes."""
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

    types = {
        ColumnType.INTEGER: pa.int32(), ColumnType.FLOAT: pa.float64(),
        ColumnType.TEXT: pa.string(), ColumnType.TIMESTAMP: pa.int64(),
    }  # fmt: skip
    column_types = {column.name: types[column.type] for column in contract.columns}
    return arrow_csv.read_csv(
        pa.BufferReader(block),
        arrow_csv.ReadOptions(column_names=names, block_size=len(block) + 1, use_threads=False),
        arrow_csv.ParseOptions(newlines_in_values=True),
        arrow_csv.ConvertOptions(
            column_types=column_types | {STORED_ID: pa.string()}, null_values=[""],
            strings_can_be_null=True, quoted_strings_can_be_null=False,
        ),
    ).combine_chunks()  # fmt: skip


def _encoded(found: pa.Table, columns: list[Column]) -> dict[str, pa.Array]:
    """As row_ids takes them: all but timestamps are dictionary-encoded."""
    import pyarrow as pa

    values = {column.name: pa.concat_arrays(found[column.name].chunks) for column in columns}
    return {
        column.name: values[column.name]
        if column.type is ColumnType.TIMESTAMP
        else values[column.name].dictionary_encode()
        for column in columns
    }


def _different(stored: list[str | None], ids: pa.Array) -> int:
    storage = getattr(ids, "storage", ids)
    return sum(
        ours.hex() != theirs for ours, theirs in zip(storage.to_pylist(), stored, strict=True)
    )

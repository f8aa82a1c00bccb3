"""The file that BigQuery loads: every column with its type, also of a file that lacks it."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from nyc_tlc.core.bigquery.columns import column_types
from nyc_tlc.core.bigquery.prepare import write_rows
from nyc_tlc.core.catalog import TripFile
from nyc_tlc.core.contract.model import load_contract
from nyc_tlc.core.reader.trips import TripReader
from tests.support.trip_files import write_month

pytestmark = pytest.mark.unit

# What BigQuery makes of a Parquet column without a schema (its documentation, "Parquet conversions").
BIGQUERY = {
    "Int(bitWidth=64, isSigned=true)": "INT64",
    "String": "STRING",
    "Date": "DATE",
    "Timestamp(isAdjustedToUTC=false, timeUnit=microseconds, is_from_converted_type=false, "
    "force_set_converted_type=false)": "DATETIME",
}
PHYSICAL = {"INT64": "INT64", "DOUBLE": "FLOAT64", "BYTE_ARRAY": "BYTES"}


def test_every_column_has_the_trips_table_s_type(tmp_path: Path) -> None:
    given = {"ehail_fee": None, "Some.odd name": [1, 2], "vendorid": None}
    source = write_month(tmp_path, "green", "2021-01", 2, **given)
    file, contract = TripFile.of("green", "2021-01"), load_contract("green")
    written = tmp_path / "rows.parquet"
    assert write_rows(written, file, contract, TripReader(source, contract).batches()) == 2
    schema = pq.ParquetFile(written).schema
    types = {
        column.name: BIGQUERY.get(str(column.logical_type), PHYSICAL.get(column.physical_type))
        for column in map(schema.column, range(len(schema)))
    }
    assert types == column_types(contract), (
        "names and types; an unknown name does not reach BigQuery"
    )
    [first, _] = pq.read_table(written).to_pylist()
    assert (first["filename"], str(first["file_month"])) == (file.name, "2021-01-01")
    assert first["ehail_fee"] is None
    assert len(first["unique_row_id"]) == 16

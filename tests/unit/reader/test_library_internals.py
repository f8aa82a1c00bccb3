"""What the reader asks of DuckDB and pyarrow beyond what they document, on the installed versions."""

from __future__ import annotations

import subprocess
import sys

import pyarrow as pa
import pytest

from nyc_tlc.core.reader import engine
from nyc_tlc.core.reader.arrow import empty_batch, text_scalar

pytestmark = pytest.mark.unit

LARGEST = 2**127 - 1

# In a process of its own: here, other tests have imported pandas.
WITHOUT_PANDAS = """
import sys
import pyarrow as pa
from nyc_tlc.core.reader.arrow import empty_batch, one_batch, text_scalar
schema = pa.schema([("id", pa.binary(16)), ("paid", pa.float64()), ("picked_up", pa.timestamp("us"))])
one_batch(pa.Table.from_batches([empty_batch(schema)]))
text_scalar("|")
assert "pandas" not in sys.modules
"""


def test_a_number_of_128_bits_reaches_arrow_as_16_bytes() -> None:
    found = engine.connect().sql(f"SELECT {LARGEST}::HUGEINT AS id").to_arrow_table()
    assert found.schema.field("id").type.byte_width == 16
    [value] = found["id"].cast(pa.binary(16)).to_pylist()
    assert int.from_bytes(value, "little") == LARGEST


def test_parquet_is_not_prefetched(caplog: pytest.LogCaptureFixture) -> None:
    query = f"SELECT value FROM duckdb_settings() WHERE name = '{engine.NO_PREFETCHING}'"
    connection = engine.connect()
    assert connection.sql(query).fetchall() in ([("true",)], [("1",)])
    assert connection.cursor().sql(query).fetchall() in ([("true",)], [("1",)])
    assert not caplog.records


def test_a_duckdb_that_has_no_such_setting_reads_on_and_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(engine, "NO_PREFETCHING", "a_setting_that_is_gone")
    assert engine.connect().sql("SELECT 1").fetchall() == [(1,)]
    assert "has no setting a_setting_that_is_gone" in caplog.text


def test_small_arrow_values_are_made_without_pandas() -> None:
    subprocess.run([sys.executable, "-c", WITHOUT_PANDAS], check=True)


@pytest.mark.parametrize("text", ["", "|", "été", "x" * 1000])
def test_a_text_is_what_pyarrow_itself_makes(text: str) -> None:
    assert text_scalar(text) == pa.scalar(text)


def test_an_empty_batch_has_its_schema() -> None:
    schema = pa.schema([("id", pa.binary(16)), ("zone", pa.dictionary(pa.int32(), pa.string()))])
    batch = empty_batch(schema)
    assert (batch.num_rows, batch.schema) == (0, schema)

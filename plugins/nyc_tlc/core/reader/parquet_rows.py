"""A Parquet file read in batches by Arrow, so that each row that cannot be read is named.

What DuckDB could not even take in is found here, before DuckDB judges the rest: text that is not UTF-8,
and times that no database has.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nyc_tlc.core.contract.matching import ColumnMatch
from nyc_tlc.core.reader.arrow import empty_batch, one_batch
from nyc_tlc.core.reader.engine import connect
from nyc_tlc.core.reader.layout import Layout
from nyc_tlc.core.reader.rejects import Reject, unreadable_value

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

BATCH_ROWS = 8192
BUFFER_BYTES = 1 << 20
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - New York wall time has no zone here
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
# The years 0001 to 9999, as in casts.py.
FIRST_SECOND, END_SECOND = -62_135_596_800, 253_402_300_800


class ParquetRows:
    """``layout`` names the canonical columns; Arrow's types may need other casts than DuckDB's."""

    def __init__(
        self, path: Path, layout: Layout, match: ColumnMatch, names: Sequence[str]
    ) -> None:
        self._path, self._layout, self._match, self._names = path, layout, match, names
        self._known = sorted(layout.known)
        self._connection = connect()

    def parts(self) -> Iterator[tuple[pa.RecordBatch, list[Reject]]]:
        """Readable rows, with their unique_row_id, and rejects; at least one part."""
        import pyarrow.parquet as pq

        with pq.ParquetFile(
            self._path,
            buffer_size=BUFFER_BYTES,
            pre_buffer=False,
            coerce_int96_timestamp_unit="us",
        ) as file:
            yield self._read(empty_batch(file.schema_arrow), 1)
            line = 1
            for batch in file.iter_batches(BATCH_ROWS, use_threads=False):
                yield self._read(batch, line)
                line += batch.num_rows

    def _read(self, batch: pa.RecordBatch, first: int) -> tuple[pa.RecordBatch, list[Reject]]:
        import pyarrow as pa

        bad = self._unstorable(batch)
        good = [row for row in range(batch.num_rows) if row not in bad]
        columns = [_plain(batch.column(i)).take(pa.array(good, pa.int64())) for i in self._known]
        names = [f"c{i}" for i in self._known]
        rows = pa.table([pa.array(good, pa.int64()), *columns], names=["place", *names])
        readable, unreadable = self._judge(rows)
        rejects = [
            self._reject(batch, row, column, first) for row, column in (bad | unreadable).items()
        ]
        return readable, sorted(rejects, key=lambda reject: reject.line)

    def _judge(self, rows: pa.Table) -> tuple[pa.RecordBatch, dict[int, int]]:
        """The readable rows; of each other row, which canonical column cannot be read."""
        with self._connection.cursor() as connection:
            connection.register("given", rows)
            layout = self._layout_of(connection)
            readable = connection.sql(
                f"SELECT {layout.fingerprint} AS unique_row_id, {layout.readable_values} "
                f"FROM given WHERE {layout.readable}"
            ).to_arrow_table()
            others = connection.sql(
                f"SELECT place, {layout.first_unreadable} FROM given WHERE NOT ({layout.readable})"
            ).fetchall()
        return one_batch(readable), dict(others)

    def _layout_of(self, connection: duckdb.DuckDBPyConnection) -> Layout:
        given = connection.sql("SELECT * FROM given LIMIT 0")
        types = dict(zip(given.columns, map(str, given.types), strict=True))
        every = [types.get(f"c{i}", "NULL") for i in range(len(self._names))]
        return Layout.of(self._layout.contract, self._match, every)

    def _unstorable(self, batch: pa.RecordBatch) -> dict[int, int]:
        """Rows whose text is not UTF-8, or whose time is out of range, with the first such column."""
        found: dict[int, int] = {}
        for place, column in enumerate(self._layout.columns):
            for position in self._layout.positions.get(column.name, ()):
                for row in _unstorable_rows(_plain(batch.column(position))):
                    found.setdefault(row, place)
        return found

    def _reject(self, batch: pa.RecordBatch, row: int, place: int, first: int) -> Reject:
        values = [_shown(column[row]) for column in batch.columns]
        raw = json.dumps(dict(zip(self._names, values, strict=True)), default=str)
        return unreadable_value(self._layout, self._names, place, first + row, values, raw)


def _plain(values: pa.Array) -> pa.Array:
    import pyarrow as pa

    return values.dictionary_decode() if isinstance(values, pa.DictionaryArray) else values


def _unstorable_rows(values: pa.Array) -> Iterator[int]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_timestamp(values.type):
        per_second = PER_SECOND[values.type.unit]
        ticks = values.cast(pa.int64())
        outside = pc.or_(
            pc.less(ticks, max(FIRST_SECOND * per_second, -(2**63))),
            pc.greater_equal(ticks, min(END_SECOND * per_second, 2**63 - 1)),
        )
        yield from pc.indices_nonzero(outside).to_pylist()
    elif pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        yield from _rows_not_utf8(values)


def _rows_not_utf8(values: pa.Array) -> Iterator[int]:
    import pyarrow as pa

    try:
        values.validate(full=True)
    except pa.ArrowInvalid:
        for row, value in enumerate(values):
            if value.is_valid and _decoded(value.as_buffer().to_pybytes()) is None:
                yield row


def _decoded(text: bytes) -> str | None:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return None


def _shown(value: pa.Scalar) -> Any:
    """A cell for people: what Python or JSON does not have, as text."""
    import pyarrow as pa

    if not value.is_valid:
        return None
    if isinstance(value, pa.TimestampScalar):
        return _shown_time(value.value, value.type.unit)
    try:
        shown = value.as_py()
    except UnicodeDecodeError:
        return value.as_buffer().to_pybytes().decode("utf-8", "backslashreplace")
    except (ValueError, OverflowError):
        return f"a {value.type} that Python does not have"
    return str(shown) if isinstance(shown, float) and not math.isfinite(shown) else shown


def _shown_time(ticks: int, unit: str) -> str:
    microseconds, nanoseconds = divmod(ticks * 10**9 // PER_SECOND[unit], 1000)
    try:
        shown = str(EPOCH + timedelta(microseconds=microseconds))
    except OverflowError:
        return f"{ticks} {unit} since 1970-01-01"
    if not nanoseconds:
        return shown
    return f"{shown}{'' if microseconds % 10**6 else '.000000'}{nanoseconds:03d}"

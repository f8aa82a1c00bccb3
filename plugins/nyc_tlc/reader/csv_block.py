"""A block of CSV lines as canonical rows: in types at once, or line by line where that is unsure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nyc_tlc.reader.engine import connect, one_batch
from nyc_tlc.reader.fingerprint_arrow import row_ids
from nyc_tlc.reader.layout import Layout
from nyc_tlc.reader.lines import Block
from nyc_tlc.reader.rejects import Reject, unreadable_value
from nyc_tlc.reader.split import split_lines
from nyc_tlc.reader.typed import TypedBlocks
from nyc_tlc.reader.words import NotSure

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


class BlockReader:
    """Reads the blocks of one file, also several at once, each in a thread of its own."""

    def __init__(self, layout: Layout, header: bytes, names: Sequence[str]) -> None:
        self._layout = layout
        self._header = header
        self._names = names
        self._typed = TypedBlocks(layout, header, len(names))
        self._database = connect(threads=1)

    def read(self, block: Block) -> tuple[pa.RecordBatch, list[Reject]]:
        """Readable rows, with their unique_row_id, and rejects."""
        with self._database.cursor() as connection:
            try:
                return self._all_at_once(block, connection), []
            except NotSure:
                return self._line_by_line(block, connection)

    def _all_at_once(self, block: Block, connection: duckdb.DuckDBPyConnection) -> pa.RecordBatch:
        import pyarrow as pa

        columns = self._typed.read(block)
        ids = row_ids(self._layout.contract, columns, connection)
        values = [_decoded(columns[column.name]) for column in self._layout.columns]
        names = [column.name for column in self._layout.columns]
        return pa.record_batch([ids, *values], names=["unique_row_id", *names])

    def _line_by_line(
        self, block: Block, connection: duckdb.DuckDBPyConnection
    ) -> tuple[pa.RecordBatch, list[Reject]]:
        lines, rejects = split_lines(block, self._header, len(self._names))
        connection.register("lines", lines)
        layout = self._layout
        rows = connection.sql(
            f"SELECT {layout.fingerprint} AS unique_row_id, {layout.readable_values} "
            f"FROM lines WHERE {layout.readable}"
        ).to_arrow_table()
        if len(rows) < len(lines):
            unreadable = connection.sql(
                f"SELECT {layout.first_unreadable}, * FROM lines WHERE NOT ({layout.readable})"
            )
            rejects += [self._reject(*row) for row in unreadable.fetchall()]
        return one_batch(rows), sorted(rejects, key=lambda reject: reject.line)

    def _reject(self, place: int, line: int, raw: str, *values: Any) -> Reject:
        return unreadable_value(self._layout, self._names, place, line, values, raw)


def _decoded(values: pa.Array) -> pa.Array:
    import pyarrow as pa

    return values.dictionary_decode() if isinstance(values, pa.DictionaryArray) else values

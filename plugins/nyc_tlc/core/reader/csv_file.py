"""A CSV file as canonical rows: blocks of lines, read in parallel, returned in the file's order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from nyc_tlc.core.contract.matching import match_columns
from nyc_tlc.core.contract.model import Contract
from nyc_tlc.core.reader.arrow import one_batch
from nyc_tlc.core.reader.engine import connect
from nyc_tlc.core.reader.fingerprint import row_ids
from nyc_tlc.core.reader.layout import Layout
from nyc_tlc.core.reader.lines import Block, blocks, mark_broken_rows, read_header, split_lines
from nyc_tlc.core.reader.rejects import Reject, contract_error, unreadable_value
from nyc_tlc.core.reader.typed import NotSureError, TypedBlocks

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


class CsvTrips:
    """See :class:`nyc_tlc.core.reader.trips.TripReader`."""

    def __init__(self, path: Path, contract: Contract) -> None:
        self._path = path
        self._header, self._names = read_header(path)
        self.match = match_columns(contract, self._names)
        self.layout = Layout.of(contract, self.match, ["VARCHAR"] * len(self._names))

    def batches(self) -> Iterator[pa.RecordBatch]:
        for rows, rejects in self._parts():
            if rejects:
                raise contract_error(self._path.name, self.layout.contract.taxi, rejects)
            yield rows

    def readable_batches(self) -> Iterator[pa.RecordBatch]:
        return (rows for rows, _ in self._parts())

    def rejects(self) -> Iterator[Reject]:
        rejects = chain.from_iterable(rejects for _, rejects in self._parts())
        return mark_broken_rows(rejects, len(self._names))

    def _parts(self) -> Iterator[tuple[pa.RecordBatch, list[Reject]]]:
        """Readable rows and rejects of each block. There is at least one block: it has the header."""
        reader = BlockReader(self.layout, self._header, self._names)
        return in_order(reader.read, blocks(self._path))


class BlockReader:
    """Reads the blocks of one file; several threads may call :meth:`read` at the same time.

    Arrow parses a block at once, which is fast. A block that Arrow would read too leniently is read
    again line by line, with the same result for its readable rows.
    """

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
            except NotSureError:
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
        width, known = len(self._names), self._layout.known
        lines, rejects = split_lines(block, self._header, width, known)
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


Item = TypeVar("Item")
Result = TypeVar("Result")

WORKERS = 2


def in_order(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield ``work(item)`` for each item, in order; at most WORKERS + 1 items are in memory."""
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(WORKERS) as pool:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > WORKERS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

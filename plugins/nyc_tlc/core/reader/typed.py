"""Reads a block of CSV lines at once: Arrow's parser converts it to the contract's types.

Arrow is strict about numbers and the number of fields, but too lenient in other cases: a quote inside a
field, a quoted field across line ends, a number that is not finite, a time without minutes, NUL, tabs
around a number. This module detects these cases; such a block is then read line by line. So a line has
the same verdict whatever is in its block.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from nyc_tlc.core.contract.model import Column, ColumnType
from nyc_tlc.core.reader.arrow import arrow_types, empty_batch, one_batch
from nyc_tlc.core.reader.casts import EXACT_TO, MOST_TEXT
from nyc_tlc.core.reader.engine import connect
from nyc_tlc.core.reader.layout import Layout
from nyc_tlc.core.reader.lines import Block

if TYPE_CHECKING:
    import pyarrow as pa


class TypedBlocks:
    """Reads the blocks of one file with the line ``header``, which names ``width`` columns."""

    def __init__(self, layout: Layout, header: bytes, width: int) -> None:
        import pyarrow as pa

        self._layout = layout
        self._header = header
        self._width = width
        self._time = arrow_types()[ColumnType.TIMESTAMP]
        self._texts = (arrow_types()[ColumnType.TEXT], pa.binary())
        self._types = dict(self._parsed_types())
        self._words = {c.name: WordCodes(layout, c) for c in layout.columns if c.words}

    def read(self, block: Block) -> dict[str, pa.Array]:
        """The block's canonical columns; all but timestamps are dictionary-encoded. Raises NotSureError."""
        import pyarrow as pa

        block = block.without(self._header)
        data = block.data
        if b"\0" in data or b"\t" in data or _may_have_long_fields(data):
            raise NotSureError
        if not _quotes_surround_fields(data):
            raise NotSureError
        try:
            parsed = self._parse(data)
            columns = dict(self._canonical(parsed))
        except pa.ArrowInvalid as error:
            raise NotSureError from error
        if not _lines_are_rows(block, parsed.num_rows) or not self._times_are_whole(data, parsed):
            raise NotSureError
        return columns

    def _times_are_whole(self, data: bytes, parsed: pa.RecordBatch) -> bool:
        """Whether each time has minutes and seconds: then the block has two colons for each, and no other.

        Arrow also reads ``2021-01-01 00``. A colon in a text makes the block unsure.
        """
        import pyarrow.compute as pc

        times = 0
        for name, kind in self._types.items():
            if kind == self._time:
                times += len(parsed) - parsed[name].null_count
            elif kind in self._texts and pc.sum(pc.count_substring(parsed[name], ":")).as_py():
                return False
        return data.count(b":") == 2 * times

    def _parse(self, data: bytes) -> pa.RecordBatch:
        """Surplus fields get the type null, so one that is not blank stops the parser."""
        import pyarrow as pa
        import pyarrow.csv as arrow_csv

        names = [f"c{i}" for i in range(max(self._width, _count_fields(data)))]
        if not data.strip():
            return empty_batch(pa.schema(list(self._types.items())))
        surplus = dict.fromkeys(names[self._width :], pa.null())
        table = arrow_csv.read_csv(
            pa.BufferReader(data),
            arrow_csv.ReadOptions(column_names=names, block_size=len(data) + 1, use_threads=False),
            convert_options=arrow_csv.ConvertOptions(
                column_types=self._types | surplus,
                include_columns=[*self._types, *surplus],
                null_values=[""],
                strings_can_be_null=True,
                timestamp_parsers=[arrow_csv.ISO8601],
            ),
        )
        return one_batch(table)

    def _parsed_types(self) -> Iterator[tuple[str, pa.DataType]]:
        """Integers are parsed as floats first, because some mirrors write 1.0 for 1. Of the columns that
        the contract does not know, only the colons are counted.
        """
        import pyarrow as pa

        types = arrow_types() | {ColumnType.INTEGER: pa.float64()}
        for column in self._layout.columns:
            for position in self._layout.positions.get(column.name, ()):
                yield f"c{position}", pa.string() if column.words else types[column.type]
        for position in sorted(set(range(self._width)) - self._layout.known):
            yield f"c{position}", pa.binary()

    def _canonical(self, parsed: pa.RecordBatch) -> Iterator[tuple[str, pa.Array]]:
        for column in self._layout.columns:
            sources = [parsed[f"c{i}"] for i in self._layout.positions.get(column.name, ())]
            if column.words:
                assert column.word_column is not None
                if len(sources) > 1:
                    raise NotSureError
                codes, words = self._words[column.name].split(sources[0])
                yield column.name, codes
                yield column.word_column, words
            elif sources:
                yield column.name, _checked(column, _merged(sources))


def _checked(column: Column, values: pa.Array) -> pa.Array:
    """Raises for 1.5 as an integer, a float that is not finite or too large to be exact, a text too long
    for a field, and the year 0. Each distinct value is tested only once.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if column.type is ColumnType.TIMESTAMP:
        earliest = pc.min(values).cast(pa.int64()).as_py()
        if earliest is not None and earliest < FIRST_MICROSECOND:
            raise NotSureError
        return values
    encoded = values.dictionary_encode()
    distinct = encoded.dictionary
    if column.type is ColumnType.INTEGER:
        return pa.DictionaryArray.from_arrays(encoded.indices, distinct.cast(pa.int32()))
    if column.type is ColumnType.FLOAT:
        exact = pc.less(pc.abs(distinct), float(EXACT_TO))
        if not pc.all(exact, min_count=0).as_py():
            raise NotSureError
    if column.type is ColumnType.TEXT:
        longest = pc.max(pc.binary_length(distinct)).as_py()
        if longest and longest > MOST_TEXT:
            raise NotSureError
    return encoded


def _merged(sources: list[pa.Array]) -> pa.Array:
    """Merge several columns into one, see casts.merge."""
    import pyarrow.compute as pc

    if len(sources) == 1:
        return sources[0]
    merged = pc.coalesce(*sources)
    if not all(pc.all(pc.equal(merged, source), min_count=0).as_py() for source in sources):
        raise NotSureError
    return merged


def _lines_are_rows(block: Block, rows: int) -> bool:
    """Whether each line that is not blank is one row. Arrow also ends lines at a lone CR; we do not."""
    data = block.data
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return False
    lines = block.line_ends + (not data.endswith(b"\n"))
    return rows == lines or rows == sum(1 for line in data.split(b"\n") if line.strip())


def _may_have_long_fields(data: bytes) -> bool:
    """Whether a line may be longer than Python's limit of a field: it then fills one of these pieces."""
    piece = csv.field_size_limit() // 2
    return any(
        data.find(b"\n", start, start + piece) < 0
        for start in range(0, len(data) - piece + 1, piece)
    )


def _count_fields(data: bytes) -> int:
    first = data.lstrip(b"\r\n").partition(b"\n")[0].rstrip(b"\r")
    return len(next(csv.reader([first.decode("utf-8", "replace")]), []))


def _quotes_surround_fields(data: bytes) -> bool:
    """Whether each quote opens or closes a field. Fields that contain quotes are rare."""
    import numpy as np

    if b'"' not in data:
        return True
    text = np.frombuffer(b"\n%b\n" % data, np.uint8)
    quotes = np.flatnonzero(text == ord('"'))
    before, after = text[quotes[::2] - 1], text[quotes[1::2] + 1]
    return (
        len(before) == len(after)
        and bool(np.isin(before, list(b",\n")).all())
        and bool(np.isin(after, list(b",\r\n")).all())
    )


FIRST_MICROSECOND = -62_135_596_800_000_000  # 0001-01-01, see casts.FIRST_TIME
MOST_WORDS = 1000
KEPT_LOOK_UPS = 64


class NotSureError(Exception):
    """Arrow's result may be wrong for this block, so it must be read line by line."""


class WordCodes:
    """Splits a column of texts into codes and words, with the SQL of the layout's casts."""

    def __init__(self, layout: Layout, column: Column) -> None:
        assert column.word_column is not None
        code, word = layout.casts[column.name], layout.casts[column.word_column]
        self._query = (
            f"SELECT {code.readable} AS readable, {code.cheap} AS code, {word.cheap} AS word "
            f"FROM (SELECT unnest($texts::VARCHAR[]) AS c{layout.positions[column.name][0]})"
        )
        self._look_up = lru_cache(KEPT_LOOK_UPS)(self._ask)

    def split(self, texts: pa.Array) -> tuple[pa.Array, pa.Array]:
        """Codes and words of a block's texts, dictionary-encoded; raises NotSureError.

        The distinct texts are sorted first: most blocks then have the same tuple, which is cached.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        encoded = texts.dictionary_encode()
        order = pc.array_sort_indices(encoded.dictionary)
        distinct = tuple(encoded.dictionary.take(order).to_pylist())
        if len(distinct) > MOST_WORDS:
            raise NotSureError
        found = self._look_up(distinct).take(pc.array_sort_indices(order))
        if False in found["readable"].to_pylist():
            raise NotSureError
        codes, words = (
            pa.DictionaryArray.from_arrays(encoded.indices, found[name])
            for name in ("code", "word")
        )
        return codes, words

    def _ask(self, texts: tuple[str, ...]) -> pa.RecordBatch:
        found = connect().sql(self._query, params={"texts": list(texts)})
        return one_batch(found.to_arrow_table())

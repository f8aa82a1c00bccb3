"""Words such as CMT and CASH as today's codes, a file's few words looked up once each."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from nyc_tlc.contract import Column
from nyc_tlc.reader.engine import connect, one_batch
from nyc_tlc.reader.layout import Layout

if TYPE_CHECKING:
    import pyarrow as pa

MOST_WORDS = 1000
KEPT_LOOK_UPS = 64


class NotSure(Exception):
    """A block of lines that has to be read line by line."""


class WordCodes:
    """The codes and words of one column; SQL of the layout's casts says what is which."""

    def __init__(self, layout: Layout, column: Column) -> None:
        assert column.word_column is not None
        code, word = layout.casts[column.name], layout.casts[column.word_column]
        self._query = (
            f"SELECT {code.readable} AS readable, {code.cheap} AS code, {word.cheap} AS word "
            f"FROM (SELECT unnest($texts::VARCHAR[]) AS c{layout.positions[column.name][0]})"
        )
        self._look_up = lru_cache(KEPT_LOOK_UPS)(self._ask)

    def split(self, texts: pa.Array) -> tuple[pa.Array, pa.Array]:
        """Codes and words of a block's texts, dictionary-encoded; raises NotSure.

        The distinct texts are looked up in sorted order, in which most blocks have the same.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        encoded = texts.dictionary_encode()
        order = pc.array_sort_indices(encoded.dictionary)
        distinct = tuple(encoded.dictionary.take(order).to_pylist())
        if len(distinct) > MOST_WORDS:
            raise NotSure
        found = self._look_up(distinct).take(pc.array_sort_indices(order))
        if False in found["readable"].to_pylist():
            raise NotSure
        codes, words = (
            pa.DictionaryArray.from_arrays(encoded.indices, found[name])
            for name in ("code", "word")
        )
        return codes, words

    def _ask(self, texts: tuple[str, ...]) -> pa.RecordBatch:
        found = connect().sql(self._query, params={"texts": list(texts)})
        return one_batch(found.to_arrow_table())

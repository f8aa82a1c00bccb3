"""Words such as CMT and CASH as today's codes, a file's few words looked up once each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nyc_tlc.contract import Column
from nyc_tlc.reader.engine import connect
from nyc_tlc.reader.layout import Layout

if TYPE_CHECKING:
    import pyarrow as pa

MOST_WORDS = 1000


class NotSure(Exception):
    """A block of lines that has to be read line by line."""


class WordCodes:
    """The codes and words of one column; SQL of the layout's casts says what is which."""

    def __init__(self, layout: Layout, column: Column) -> None:
        assert column.word_column is not None
        code, word = layout.casts[column.name], layout.casts[column.word_column]
        self._query = (
            f"SELECT text, {code.readable}, {code.cheap}, {word.cheap} FROM (SELECT text, text AS "
            f"c{layout.positions[column.name][0]} FROM (SELECT unnest($texts) AS text))"
        )
        self._known: dict[str | None, tuple[bool, int | None, str | None]] = {}

    def split(self, texts: pa.Array) -> tuple[pa.Array, pa.Array]:
        """Codes and words of a block's texts, where each can be read; raises NotSure."""
        import pyarrow as pa

        encoded = texts.dictionary_encode()
        distinct = encoded.dictionary.to_pylist()
        if len(distinct) > MOST_WORDS:
            raise NotSure
        self._look_up([text for text in distinct if text not in self._known])
        known = [self._known[text] for text in distinct]
        if not all(readable for readable, _, _ in known):
            raise NotSure
        codes = pa.array([code for _, code, _ in known], pa.int32())
        words = pa.array([word for _, _, word in known], pa.string())
        return codes.take(encoded.indices), words.take(encoded.indices)

    def _look_up(self, texts: list[str]) -> None:
        if texts:
            found = connect().sql(self._query, params={"texts": texts}).fetchall()
            self._known |= {text: (readable, code, word) for text, readable, code, word in found}

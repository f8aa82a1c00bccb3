"""Lines of CSV split into fields one by one; what is wrong with a line goes to its Reject."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from nyc_tlc.reader.lines import Block
from nyc_tlc.reader.rejects import Reject

if TYPE_CHECKING:
    import pyarrow as pa

FIELD = rb'(?:"(?:[^"]|"")*+"|[^",]*+)'
WELL_QUOTED = re.compile(rb"%b(?:,%b)*+" % (FIELD, FIELD))


class _Unreadable(Exception):
    """Why a line has no fields."""


def split_lines(block: Block, header: bytes, width: int) -> tuple[pa.Table, list[Reject]]:
    """A table of text (``line``, ``raw``, ``c0``, ``c1``, …; blank is NULL), and the other lines."""
    rows: list[list[object]] = []
    rejects: list[Reject] = []
    for line, text in block.rows(header):
        try:
            fields = _fields(text, width)
            rows.append([line, text.decode(), *fields])
        except _Unreadable as reason:
            raw = text.decode("utf-8", "backslashreplace")
            rejects.append(Reject(line, None, None, str(reason), raw))
    return _table(rows, width), rejects


def _fields(text: bytes, width: int) -> list[str | None]:
    """As many as the header names; a line with fewer was cut, one with more may only go on blank."""
    fields = _parse(text)
    if len(fields) < width:
        raise _Unreadable(f"has {len(fields)} fields where the header names {width}")
    surplus = [field for field in fields[width:] if field.strip()]
    if surplus:
        raise _Unreadable(f"has {surplus[0]!r} beyond the {width} columns that the header names")
    return [field or None for field in fields[:width]]


def _parse(text: bytes) -> list[str]:
    """Python's parser takes a quote inside of an unquoted field for text, which is a guess."""
    if b"\0" in text:
        raise _Unreadable("holds NUL, which no text can")
    if b'"' in text and not WELL_QUOTED.fullmatch(text):
        raise _Unreadable("is not CSV (a quote that neither opens nor closes a field)")
    try:
        return next(csv.reader([text.decode()], strict=True))
    except UnicodeDecodeError as error:
        raise _Unreadable(f"is not UTF-8 ({error.reason} at byte {error.start})") from error
    except csv.Error as error:
        raise _Unreadable(f"is not CSV ({error})") from error


def _table(rows: list[list[object]], width: int) -> pa.Table:
    import pyarrow as pa

    columns = list(zip(*rows, strict=True)) or [()] * (width + 2)
    names = ["line", "raw", *(f"c{i}" for i in range(width))]
    types = [pa.int64(), *[pa.string()] * (width + 1)]
    return pa.table([pa.array(c, t) for c, t in zip(columns, types, strict=True)], names=names)

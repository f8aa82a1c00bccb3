"""A landed file as a DuckDB table whose columns are c0, c1, …; names from the file never reach SQL."""

from __future__ import annotations

import gzip
import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nyc_tlc.errors import BadFile

if TYPE_CHECKING:
    import duckdb

# Some eras have more fields than header names; the surplus names are c20, c21, … and unknown.
SNIFFED_LINES = 50


@dataclass(frozen=True)
class SourceTable:
    """``sql`` goes behind FROM, with ``params``; ``names`` and ``types`` are the file's own."""

    sql: str
    params: dict[str, Any]
    names: tuple[str, ...]
    types: tuple[str, ...]


def open_source(connection: duckdb.DuckDBPyConnection, path: Path) -> SourceTable:
    """A Parquet, ``.csv`` or ``.csv.gz`` file; raises BadFile where DuckDB cannot open it."""
    if path.suffix == ".parquet":
        return _parquet(connection, path)
    return _csv(path)


def _parquet(connection: duckdb.DuckDBPyConnection, path: Path) -> SourceTable:
    import duckdb

    params = {"path": str(path)}
    try:
        described = connection.sql("SELECT * FROM read_parquet($path) LIMIT 0", params=params)
    except duckdb.Error as error:
        raise BadFile(f"{path} does not open as Parquet: {error}") from error
    names = tuple(described.columns)
    types = tuple(str(kind) for kind in described.types)
    return SourceTable(f"read_parquet($path) AS f({_aliases(len(names))})", params, names, types)


def _csv(path: Path) -> SourceTable:
    header, width = _sniff(path)
    names = (*header, *[""] * (width - len(header)))
    columns = {f"c{i}": "VARCHAR" for i in range(width)}
    sql = (
        "read_csv($path, columns = $columns, header = false, skip = 1, auto_detect = false, "
        "delim = ',', quote = '\"', escape = '\"', null_padding = true, strict_mode = false)"
    )
    return SourceTable(sql, {"path": str(path), "columns": columns}, names, ("VARCHAR",) * width)


def _sniff(path: Path) -> tuple[Sequence[str], int]:
    """The header, and the number of fields of the widest of the first lines."""
    import csv

    opened = gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")
    with opened as raw, io.TextIOWrapper(raw, encoding="utf-8", newline="") as text:
        lines = list(csv.reader(islice(text, SNIFFED_LINES)))
    if not lines or not any(lines[0]):
        raise BadFile(f"{path} has no header line. Expected a CSV file whose first line names columns.")
    return lines[0], max(len(line) for line in lines)


def _aliases(count: int) -> str:
    return ", ".join(f"c{i}" for i in range(count))

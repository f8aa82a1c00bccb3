"""SQL over files, by DuckDB: each file is a table; the answer is a small table."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nyc_tlc.core.errors import FileQueryError

READERS = {".csv": "read_csv", ".json": "read_json", ".parquet": "read_parquet"}


@dataclass(frozen=True)
class Answer:
    """A query's columns and rows."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]

    def records(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def as_text(self, most: int = 20) -> str:
        """A table for people, numbers to the right."""
        cells = [list(self.columns), *(list(map(_shown, row)) for row in self.rows[:most])]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.columns))]
        numeric = [
            all(isinstance(row[i], int | float) for row in self.rows) for i in range(len(widths))
        ]
        lines = [
            "  ".join(_aligned(*cell) for cell in zip(row, widths, numeric, strict=True))
            for row in cells
        ]
        if len(self.rows) > most:
            lines.append(f"… {len(self.rows) - most:,} more")
        return "\n".join(line.rstrip() for line in lines)

    def write_csv(self, path: Path) -> None:
        draft = path.with_name(f".{path.name}.part")
        with draft.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([self.columns, *self.rows])
        draft.replace(path)


def query_files(query: str, tables: Mapping[str, Path]) -> Answer:
    """Ask, with each file as a table of its name; raises FileQueryError."""
    import duckdb

    for path in tables.values():
        if path.suffix not in READERS or not path.is_file():
            raise FileQueryError(f"{path} is not there, or is none of {sorted(READERS)}.")
    with duckdb.connect() as connection:
        try:
            for name, path in tables.items():
                read = getattr(connection, READERS[path.suffix])
                read(str(path)).create_view(name)
            found = connection.sql(query)
            return Answer(found.columns, found.fetchall())
        except duckdb.Error as error:
            raise FileQueryError(
                f"The query over {', '.join(f'{n} ({p})' for n, p in tables.items())} failed: {error}"
            ) from error


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:,.2f}" if isinstance(value, float) else str(value)


def _aligned(text: str, width: int, numeric: bool) -> str:
    return text.rjust(width) if numeric else text.ljust(width)

"""The contracts as a page for people: ``python -m dev.data_contract`` (``make docs``) writes it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

from nyc_tlc.core.catalog import Taxi
from nyc_tlc.core.contract.model import Column, ColumnType, Contract, load_contract
from nyc_tlc.core.errors import ContractError

WAREHOUSE_TYPES = {
    ColumnType.INTEGER: ("integer", "INT64"),
    ColumnType.FLOAT: ("double precision", "FLOAT64"),
    ColumnType.TEXT: ("text", "STRING"),
    ColumnType.TIMESTAMP: ("timestamp", "DATETIME"),
}

INTRODUCTION = """\
# Data contract

Written by `make docs` from `plugins/nyc_tlc/core/contract/*.toml`; change those.

A taxi's table has the columns of all its eras. A column that an era lacks is NULL there. Names match
whatever their case and the blanks around them. Times are New York wall time without a zone; money and
distances are kept as the files have them, in doubles. Rows that cannot be read go to `tlc_reject`.

Every trips table begins with

| column | Postgres | what |
|---|---|---|
| `unique_row_id` | uuid | fingerprint of the row's content (below); rows that are alike share it |
| `file_month` | date | first day of the month that the trip file is named for; never the pickup's month |
| `filename` | text | the trip file that the row came from |

## What is a row, and what cannot be read

- A row of a CSV file is a line, ended by LF or CR LF. Blank lines and repeated headers are none. Each line
  of a field that runs across a line end is a reject, and so is a line with a quote inside of a field
  that is not quoted. A file whose lines end in CR alone is refused.
- A value that would have to be rounded, cut or guessed at is a reject: 1.5 as an integer, `nan`, 24:00:00,
  a time in nanoseconds or with a zone.
- A Parquet column of times with a zone is refused with the whole file, for TLC's times have none: which wall
  clock was meant is not for a loader to say.

## When TLC adds a column

Until the contract has it, loads warn about it, note it in `tlc_load.unknown_columns`, and go on without
it. To add it:

1. Add one `[[column]]` at the **end** of `plugins/nyc_tlc/core/contract/<taxi>.toml`. The comment at the
   top of that file is the template. Required keys are `name`, `type` (`integer`, `float`, `text` or
   `timestamp`) and `description`; optional keys are `unit`, `since`, `until`, `aliases` and `required`.
2. Run `make docs`, which writes this page, and add a line to `CHANGELOG.md`.
3. Load the months that have the column, with `force`. The next load adds the column to the trips table,
   without rewriting older partitions.

A wrong entry is named with its file, its key and what is allowed there, by `make docs` and by every load.
"""


PAGE = Path(__file__).resolve().parents[1] / "docs" / "data-contract.md"


def document() -> str:
    """The whole page, as Markdown."""
    from nyc_tlc.core.reader import fingerprint

    parts = [INTRODUCTION, *map(_taxi, map(load_contract, Taxi))]
    parts.append("## unique_row_id\n\n" + (inspect.getdoc(fingerprint) or "").replace("``", "`"))
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _taxi(contract: Contract) -> str:
    head = f"## {contract.taxi}_tripdata\n\n{contract.description}\n"
    table = (
        "| column | Postgres | BigQuery | what | also called | months |\n|---|---|---|---|---|---|"
    )
    return "\n".join([head, table, *map(_row, contract.columns), "", *_words(contract)])


def _row(column: Column) -> str:
    postgres, bigquery = WAREHOUSE_TYPES[column.type]
    aliases = ", ".join(f"`{alias}`" for alias in column.aliases)
    return (
        f"| `{column.name}` | {postgres} | {bigquery} | {column.comment} | {aliases} "
        f"| {_months(column)} |"
    )


def _months(column: Column) -> str:
    if column.since and column.until:
        return f"{column.since} to {column.until}"
    if column.since:
        return f"since {column.since}"
    return f"to {column.until}" if column.until else ""


def _words(contract: Contract) -> Iterator[str]:
    for column in contract.columns:
        if column.words:
            codes = ", ".join(f"`{word}` = {code}" for word, code in column.words.items())
            yield (
                f"Words in `{column.name}` (any case) become codes: {codes}. The word as it stood "
                f"is in `{column.word_column}`.\n"
            )


def main() -> None:
    try:
        text = document()
    except ContractError as error:
        raise SystemExit(f"ContractError: {error}") from error
    PAGE.write_text(text, encoding="utf-8")
    print(f"{PAGE} is written.")


if __name__ == "__main__":
    main()

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

`make docs` writes this page from `plugins/nyc_tlc/core/contract/*.toml`. Edit those files, not this page.

A taxi's table has the columns of all eras of its files. A column that a file does not have is NULL. When
column names are matched, upper and lower case and surrounding spaces do not matter. Times are New York
local time without a time zone. Amounts and distances are stored as in the files, as double precision.
Rows that cannot be read go to `tlc_reject`.

The first columns of every trips table are:

| column | Postgres | what |
|---|---|---|
| `unique_row_id` | uuid | fingerprint of the row's content (below); identical rows share it |
| `file_month` | date | first day of the month that the trip file is named for; never the pickup's month |
| `filename` | text | the trip file that the row came from |

## Rows, and rows that cannot be read

The same rules hold for Parquet and CSV. What happens to a row depends on that row alone.

- A row of a CSV file is a line that ends in LF or CR LF. Blank lines and repeated headers are not rows. If
  a quoted field continues on the next line, each of these lines is a reject. A line with a quote inside an
  unquoted field is a reject too. A file whose lines end in CR alone is refused.
- A row that a stray line end breaks in two counts as one row towards `max_rejects`. Both of its lines are in
  `tlc_reject`; the second has the reason `continues line …`.
- A row is a reject if a value would have to be rounded, truncated or guessed:
  - an integer that is not a whole number of 32 bits: 1.5, 3000000000, NaN; 2.0 and 1e2 are whole
  - an amount that is NaN or infinite, or a number from 2^53 on that double precision does not have
    (9007199254740993); a number with an exponent becomes the nearest double
  - a time that is 24:00:00 or has no minutes, nanoseconds or a time zone, or is not of the years 0001 to 9999
  - text with NUL, with bytes that are not UTF-8, or of over 1,000 characters
  - spaces around a number or a time are ignored; tabs and other white space are not
- If several columns of a file are one column of the contract (`airport_fee` and `Airport_fee`), the row has
  the value that is not NULL. If their values differ, the row is a reject.
- Columns that the contract does not know are not judged. A column that holds lists, structs or times where
  the contract has a number or text is refused as a whole.
- A Parquet file with time zones in a timestamp column is refused as a whole: TLC's times have no time zone,
  and the loader cannot know which local time is meant.

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
    """The page as Markdown."""
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
                f"Words in `{column.name}` (any case) become codes: {codes}. The original word "
                f"is in `{column.word_column}`.\n"
            )


def main() -> None:
    try:
        text = document()
    except ContractError as error:
        raise SystemExit(f"ContractError: {error}") from error
    PAGE.write_text(text, encoding="utf-8")
    print(f"Wrote {PAGE}")


if __name__ == "__main__":
    main()

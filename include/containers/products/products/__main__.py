"""``python -m products --from /data/products.json --to /data/products.csv --columns '["brand", "price"]'``

Keeps some columns of the products in an API's answer, such as dummyjson.com's. The last line on stdout is
one JSON object; logs go to stderr. Exit codes: 64 bad argument; 65 unknown column, or an answer without
a product list; 66 the file cannot be read; 99 the product list is empty.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from pathlib import Path
from typing import Any, NoReturn

import polars as pl

BAD_ARGUMENT, BAD_DATA, NO_INPUT, NOTHING_TO_DO = 64, 65, 66, 99

log = logging.getLogger("products")


def main(words: list[str] | None = None) -> None:
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(message)s", level=logging.INFO)
    asked = _arguments(words)
    products = read_products(asked.source)
    if not products:
        _end(NOTHING_TO_DO, f"{asked.source} has no products")
    kept = keep(products, asked.columns)
    log.info("%d products, columns %s", kept.height, ", ".join(kept.columns))
    write(kept, asked.target)
    print(json.dumps({"rows": kept.height, "columns": kept.columns, "file": asked.target.name}))


def read_products(path: Path) -> list[dict[str, Any]]:
    """The list under ``products``, or the answer itself if it is a list."""
    try:
        answer = json.loads(path.read_bytes())
    except OSError as error:
        _end(NO_INPUT, f"The products file cannot be read: {error}")
    except ValueError as error:
        _end(BAD_DATA, f"{path} is not valid JSON: {error}")
    products = answer.get("products") if isinstance(answer, dict) else answer
    if not isinstance(products, list) or not all(isinstance(item, dict) for item in products):
        _end(BAD_DATA, f'{path} has no list of products. Expected {{"products": [{{…}}, …]}}.')
    return products


def keep(products: list[dict[str, Any]], columns: list[str]) -> pl.DataFrame:
    """One row per product; missing values are None."""
    there = sorted({name for product in products for name in product})
    unknown = [name for name in columns if name not in there]
    if unknown:
        _end(BAD_DATA, f"No product has {unknown}. Existing columns: {', '.join(there)}.")
    rows = [{name: product.get(name) for name in columns} for product in products]
    return pl.DataFrame(rows, infer_schema_length=None, strict=False)


def write(kept: pl.DataFrame, target: Path) -> None:
    """Write CSV or JSON, by the file's suffix; in CSV, lists and objects are JSON text."""
    draft = target.with_name(f".{target.name}.part")
    if target.suffix == ".json":
        kept.write_json(draft)
    else:
        nested = [name for name, kind in kept.schema.items() if kind.is_nested()]
        as_text = [pl.col(name).map_elements(_json, pl.String) for name in nested]
        kept.with_columns(as_text).write_csv(draft)
    draft.replace(target)


def _json(value: Any) -> str:
    return json.dumps(value.to_list() if isinstance(value, pl.Series) else value)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        _end(BAD_ARGUMENT, f"{message}\n{self.format_usage()}")


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = _Parser(prog="products", description=__doc__)
    parser.add_argument("--from", dest="source", type=Path, required=True)
    parser.add_argument("--to", dest="target", type=_target, required=True, help=".csv or .json")
    parser.add_argument("--columns", type=_names, required=True, help="a JSON list of names")
    return parser.parse_args(words)


def _target(text: str) -> Path:
    if not text.endswith((".csv", ".json")):
        raise argparse.ArgumentTypeError(f"{text} must end in .csv or .json")
    return Path(text)


def _names(text: str) -> list[str]:
    try:
        names = json.loads(text)
    except ValueError:
        names = None
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise argparse.ArgumentTypeError(f"{text!r} is not a JSON list of column names")
    return list(dict.fromkeys(names))


def _end(code: int, message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise SystemExit(code)


if __name__ == "__main__":
    main()

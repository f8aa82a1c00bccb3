"""The tutorial's script, run as in its container."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from products.__main__ import main

from tests.support.products_api import BODY, PRODUCTS

pytestmark = pytest.mark.unit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "products.json").write_bytes(BODY)
    return tmp_path


def run(folder: Path, *, columns: str = '["brand", "price"]', to: str = "kept.csv") -> None:
    main(["--from", str(folder / "products.json"), "--to", str(folder / to), "--columns", columns])


def test_csv_keeps_the_columns_in_their_order(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(folder)
    with (folder / "kept.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["brand", "price"]
    assert [(brand or None, float(price)) for brand, price in rows] == [
        (product.get("brand"), product["price"]) for product in PRODUCTS
    ]
    message = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert message == {"rows": 5, "columns": ["brand", "price"], "file": "kept.csv"}


def test_json_keeps_what_is_nested_and_csv_has_it_as_text(folder: Path) -> None:
    run(folder, columns='["title", "tags"]', to="kept.json")
    assert json.loads((folder / "kept.json").read_text())[4] == {
        "title": "Apple",
        "tags": ["fruits"],
    }
    run(folder, columns='["title", "tags"]')
    with (folder / "kept.csv").open(newline="") as file:
        assert list(csv.reader(file))[-1] == ["Apple", '["fruits"]']
    assert {path.name for path in folder.iterdir()} == {"products.json", "kept.csv", "kept.json"}


@pytest.mark.parametrize(
    ("columns", "to", "code", "message"),
    [
        (
            '["colour"]',
            "kept.csv",
            65,
            "No product has ['colour']. Existing columns: brand, category",
        ),
        ("[]", "kept.csv", 64, "not a JSON list of column names"),
        ("brand,price", "kept.csv", 64, "not a JSON list of column names"),
        ('["brand"]', "kept.xlsx", 64, "must end in .csv or .json"),
    ],
)
def test_each_failure_has_an_exit_code_and_a_message(
    folder: Path,
    columns: str,
    to: str,
    code: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as end:
        run(folder, columns=columns, to=to)
    assert end.value.code == code
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("body", "code"),
    [('{"products": []}', 99), ("<html>", 65), ('{"items": []}', 65), ('{"products": [1]}', 65)],
)
def test_an_answer_without_products(folder: Path, body: str, code: int) -> None:
    (folder / "products.json").write_text(body)
    with pytest.raises(SystemExit) as end:
        run(folder)
    assert end.value.code == code
    assert not (folder / "kept.csv").exists()


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as end:
        run(tmp_path)
    assert end.value.code == 66

"""SQL over files; the answer is a small table."""

from __future__ import annotations

from pathlib import Path

import pytest

from nyc_tlc.core.errors import FileQueryError
from nyc_tlc.core.file_query import Answer, query_files
from tests.support.products_api import AVERAGE_PRICES, BODY, CATEGORIES

pytestmark = pytest.mark.unit

SQL = Path(__file__).parents[2] / "include" / "sql"
KEPT = {
    "kept.csv": "brand,price\nEssence,9.99\nGlamour,19.99\nEssence,8\nAnnibale,1899.99\n,1.99\n",
    "kept.json": '[{"brand": "Essence", "price": 9.99}, {"brand": "Glamour", "price": 19.99},'
    '{"brand": "Essence", "price": 8.0}, {"brand": "Annibale", "price": 1899.99},'
    '{"brand": null, "price": 1.99}]',
}


@pytest.mark.parametrize("name", KEPT)
def test_average_price_by_brand_of_either_format(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(KEPT[name])
    query = (SQL / "average_price_by_brand.sql").read_text()
    assert query_files(query, {"products": tmp_path / name}).records() == AVERAGE_PRICES


def test_products_by_category_of_the_answer_itself(tmp_path: Path) -> None:
    (tmp_path / "answer.json").write_bytes(BODY)
    query = (SQL / "products_by_category.sql").read_text()
    answer = query_files(query, {"answer": tmp_path / "answer.json"})
    assert dict(answer.rows) == CATEGORIES


def test_the_answer_is_a_small_readable_table(tmp_path: Path) -> None:
    answer = Answer(
        ["brand", "average_price"], [("Annibale", 1899.99), ("Essence", 9.0), (None, 1.5)]
    )
    assert answer.as_text(2).splitlines() == [
        "brand     average_price",
        "Annibale       1,899.99",
        "Essence            9.00",
        "… 1 more",
    ]
    answer.write_csv(tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text().splitlines()[-1] == ",1.5"
    assert Answer(["brand"], []).as_text() == "brand"


def test_sql_that_does_not_fit_the_file_shows_both(tmp_path: Path) -> None:
    (tmp_path / "kept.csv").write_text("title\nApple\n")
    with pytest.raises(FileQueryError, match=r'(?s)kept\.csv.*"price" not found'):
        query_files("SELECT avg(price) FROM products", {"products": tmp_path / "kept.csv"})


@pytest.mark.parametrize("name", ["nothing.csv", "kept.xlsx"])
def test_a_file_that_cannot_be_a_table(tmp_path: Path, name: str) -> None:
    (tmp_path / "kept.xlsx").touch()
    with pytest.raises(FileQueryError, match=name):
        query_files("SELECT 1", {"products": tmp_path / name})

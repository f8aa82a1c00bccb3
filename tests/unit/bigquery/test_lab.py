"""The SQL of tlc_lab: it parses, and names the files, the partition and the order of the course."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from nyc_tlc.core.bigquery.lab import SUFFIXES, Lab
from nyc_tlc.core.bigquery.place import Place
from nyc_tlc.core.catalog import Taxi

pytestmark = pytest.mark.unit

SQL = Path(__file__).parents[3] / "dags" / "sql" / "bigquery"
PLACE = Place("a-project", "US", "a-bucket", "a_dataset")


def parsed(name: str, kind: str, taxi: Taxi = Taxi.YELLOW) -> exp.Expression:
    sql = Lab(PLACE, taxi, 2024, kind).filled((SQL / f"lab_{name}.sql").read_text())
    [tree] = sqlglot.parse(sql, read="bigquery", error_level=sqlglot.ErrorLevel.RAISE)
    assert isinstance(tree, exp.Create | exp.Select)
    return tree


@pytest.mark.parametrize("kind", SUFFIXES)
def test_each_statement_creates_its_table(kind: str) -> None:
    create = parsed(kind, kind)
    made = create.find(exp.Table)
    assert made is not None
    assert (
        made.sql("bigquery").replace("`", "") == f"a-project.a_dataset.yellow_2024{SUFFIXES[kind]}"
    )
    assert ("EXTERNAL" in create.sql("bigquery").split("a_dataset")[0]) is (kind == "external")


def test_the_external_table_has_the_year_s_files() -> None:
    assert "['gs://a-bucket/raw/yellow/2024/*.parquet']" in parsed("external", "external").sql(
        "bigquery"
    )


@pytest.mark.parametrize(("taxi", "dropoff"), [(Taxi.YELLOW, "tpep"), (Taxi.GREEN, "lpep")])
def test_the_partitioned_table_is_cut_by_drop_off_and_ordered_by_vendor(
    taxi: Taxi, dropoff: str
) -> None:
    sql = parsed("partitioned", "partitioned", taxi).sql("bigquery")
    assert f"PARTITION BY DATE({dropoff}_dropoff_datetime)" in sql
    assert "CLUSTER BY vendorid" in sql


def test_the_query_names_half_a_month_of_the_table() -> None:
    sql = parsed("query", "partitioned").sql("bigquery")
    assert "yellow_2024_partitioned" in sql
    assert "BETWEEN CAST('2024-03-01' AS DATE) AND CAST('2024-03-15' AS DATE)" in sql

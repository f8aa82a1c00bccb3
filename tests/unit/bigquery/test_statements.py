"""All SQL statements: they parse as BigQuery SQL, and use nothing that only the emulator accepts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

import pytest
import sqlglot
from sqlglot import exp

from nyc_tlc.core.bigquery.check import check_sql
from nyc_tlc.core.bigquery.columns import column_types
from nyc_tlc.core.bigquery.ledger import create_ledger_sql
from nyc_tlc.core.bigquery.merge import merge_script, merge_sql
from nyc_tlc.core.bigquery.place import BigQueryTable, Place
from nyc_tlc.core.bigquery.sql import statement
from nyc_tlc.core.bigquery.trips import content_sql, create_trips_sql
from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse
from nyc_tlc.core.catalog import Month, Taxi, TripFile
from nyc_tlc.core.contract.model import Contract, load_contract
from nyc_tlc.core.errors import SettingsError
from nyc_tlc.core.landing.landed import LandedFile
from nyc_tlc.core.loads import Load, MergeMode, Oddities, Run, StagedMonth

pytestmark = pytest.mark.unit

PLACE = Place("a-project", "US", "a-bucket", "a_dataset")
WAREHOUSE = BigQueryWarehouse(cast("Any", None), PLACE)
GREEN = TripFile(Taxi.GREEN, Month(2021, 1))
STAGING = BigQueryTable("a-project", "a_dataset_staging", "x")


def statements(taxi: Taxi) -> Iterator[tuple[str, str]]:
    contract, file = load_contract(taxi), TripFile(taxi, Month(2021, 1))
    yield "content", content_sql(PLACE.trips(taxi), contract, column_types(contract))
    yield "trips", create_trips_sql(WAREHOUSE, contract)
    yield "check", check_sql(STAGING, file, contract)
    for mode in MergeMode:
        yield mode, merge_sql(STAGING, PLACE.trips(taxi), file, contract, mode)
        yield f"{mode} and record", script_of(file, contract, mode)[0]


def script_of(file: TripFile, contract: Contract, mode: MergeMode) -> tuple[str, dict[str, Any]]:
    return merge_script(PLACE, load_of(file), STAGING, contract, mode, latest=None)


def load_of(file: TripFile) -> Load:
    landed = LandedFile("file:///x", "https://a.org/x", None, None, 1, "sha", 1)
    staged = StagedMonth(STAGING.dataset, STAGING.name, 1, 0, [], ["unknown"], "columns")
    return Load(file, Run("a_dag", "a_run"), landed, staged, Oddities(1, 0, 0, 0, 0))


def plain_statements() -> Iterator[tuple[str, str]]:
    month = {"trips": PLACE.trips(Taxi.GREEN).quoted}
    yield "ledger_months", statement("ledger_months", ledger=PLACE.ledger.quoted)
    yield "month_loads", statement("month_loads", table=PLACE.ledger.quoted)
    yield "month_rejects", statement("month_rejects", table=PLACE.rejects.quoted)
    yield "month_rows", statement("month_rows", **month)
    yield "month_facts", statement("month_facts", cents="NULL", **month)
    table = PLACE.trips(Taxi.GREEN).quoted
    yield "month_content", statement("month_content", functions="", content_id="MD5('')", **month)
    yield "add_column", statement("add_column", definition="x INT64", table=table)
    yield "create_ledger", create_ledger_sql(PLACE.ledger)
    yield "latest_load", statement("latest_load", ledger=PLACE.ledger.quoted)
    yield (
        "insert_load",
        statement("insert_load", ledger=PLACE.ledger.quoted, columns="a, b", values="@a, @b"),
    )
    made = f"({statement('made_of')})"
    yield "stale_months", statement("stale_months", ledger=PLACE.ledger.quoted, summary=made)
    extract = {"extract": STAGING.quoted, "columns": "trip.pulocationid AS zone", **month}
    yield "extract_month", statement("extract_month", file_month="2021-01-01", **extract)
    for name in ("create_rejects", "forget_rejects"):
        yield name, statement(name, rejects=PLACE.rejects.quoted)


EVERY = {
    **{f"{taxi} {name}": sql for taxi in Taxi for name, sql in statements(taxi)},
    **dict(plain_statements()),
}


def parsed(name: str) -> list[exp.Expression]:
    found = sqlglot.parse(EVERY[name], read="bigquery", error_level=sqlglot.ErrorLevel.RAISE)
    return [tree for tree in found if tree is not None]


@pytest.mark.parametrize("name", EVERY)
def test_it_parses_as_bigquery_sql(name: str) -> None:
    trees = parsed(name)
    assert trees
    assert not [tree.sql() for tree in trees if isinstance(tree, exp.Command)]


@pytest.mark.parametrize("name", EVERY)
def test_it_has_nothing_that_only_the_emulator_accepts(name: str) -> None:
    assert "::" not in EVERY[name]
    for tree in parsed(name):
        unknown = {call.name.upper() for call in tree.find_all(exp.Anonymous)} - OUR_FUNCTIONS
        assert unknown <= BIGQUERY_FUNCTIONS, "neither ours nor BigQuery's"
        for create in tree.find_all(exp.PartitionedByProperty):
            assert create.this.sql("bigquery") == "file_month"


OUR_FUNCTIONS = {
    "SIGNED", "MILLIONTHS_TEXT", "LARGE_TEXT", "ROUNDED_TEXT", "FLOAT_TEXT",
}  # fmt: skip
BIGQUERY_FUNCTIONS = {
    "SAFE_CONVERT_BYTES_TO_STRING", "IEEE_DIVIDE", "SAFE_MULTIPLY", "IS_INF", "IS_NAN", "FORMAT",
    "TO_JSON_STRING", "DIV", "ERROR",
}  # fmt: skip


@pytest.mark.parametrize("taxi", Taxi)
def test_a_merge_reads_one_partition_of_the_trips_table(taxi: Taxi) -> None:
    """The only test of a trips column is its partition, by a literal."""
    [merge] = parsed(f"{taxi} replace")
    assert isinstance(merge, exp.Merge)
    assert merge.args["on"].sql() == "FALSE"
    conditions = [
        when.args["condition"].sql("bigquery")
        for when in merge.find_all(exp.When)
        if when.args.get("condition")
    ]
    assert conditions == ["trips.file_month = CAST('2021-01-01' AS DATE)"]
    columns = {c.name for c in merge.find_all(exp.Column) if c.table == "trips"}
    assert columns == {"file_month"}


@pytest.mark.parametrize("mode", MergeMode)
def test_the_merge_job_also_records_the_load(mode: MergeMode) -> None:
    """Each value is a query parameter, but for what the merge itself finds."""
    kinds = [type(tree) for tree in parsed(f"green {mode} and record")]
    assert kinds == [
        exp.Declare, exp.Select, exp.Merge, exp.Set, exp.Set, exp.Set, exp.Insert, exp.Select,
        exp.Drop, exp.Select,
    ]  # fmt: skip
    sql, facts = script_of(GREEN, load_contract(Taxi.GREEN), mode)
    assert set(re.findall(r"(?<!@)@(\w+)", sql)) <= set(facts)
    assert ("month_rows = @rows_staged AND id_sum = staged_ids" in sql) is (
        mode is MergeMode.REPLACE
    )


@pytest.mark.parametrize("name", EVERY)
def test_our_functions_are_called_as_they_are_named(name: str) -> None:
    """Their names have a case in BigQuery; they have none in the emulator."""
    calls = {call.name for tree in parsed(name) for call in tree.find_all(exp.Anonymous)}
    assert {call for call in calls if call.upper() in OUR_FUNCTIONS} <= OUR_FUNCTIONS


@pytest.mark.parametrize("taxi", Taxi)
def test_the_trips_table_has_the_types_that_a_merge_gets(taxi: Taxi) -> None:
    """See test_prepare.py: the file that is loaded has them too, so nothing is converted."""
    [create] = parsed(f"{taxi} trips")
    defined = {
        each.name: each.args["kind"].sql("bigquery") for each in create.find_all(exp.ColumnDef)
    }
    assert defined == column_types(load_contract(taxi))


@pytest.mark.parametrize(
    "location",
    [
        "US",
        "EU",
        "us-east5",
        "europe-west10",
        "europe-west12",
        "northamerica-northeast2",
        "africa-south1",
    ],
)
def test_every_location_of_bigquery_is_valid(location: str) -> None:
    settings = {"project": "a-project", "bucket": "a-bucket", "dataset": "a_dataset"}
    assert Place.of({**settings, "location": location}).location == location
    with pytest.raises(SettingsError, match="location"):
        Place.of({**settings, "location": "europe-west123"})

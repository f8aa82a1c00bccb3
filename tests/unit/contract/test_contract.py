"""The contracts: valid, documented, and matched with the names in files."""

from __future__ import annotations

from pathlib import Path

import pytest

from dev.data_contract import WAREHOUSE_TYPES, document
from nyc_tlc.core.catalog import Month, Taxi
from nyc_tlc.core.contract.matching import match_columns
from nyc_tlc.core.contract.model import MOST_COLUMNS, ColumnType, load_contract, parse_contract
from nyc_tlc.core.errors import ContractError
from nyc_tlc.core.postgres.tables import TYPES
from nyc_tlc.core.reader.fingerprint import LETTERS

pytestmark = pytest.mark.unit

PAGE = Path(__file__).parents[3] / "docs" / "data-contract.md"


def test_the_page_in_docs_matches_the_contracts() -> None:
    assert PAGE.read_text() == document(), (
        "run: python -m dev.data_contract > docs/data-contract.md"
    )


def test_the_page_names_the_types_that_postgres_gets() -> None:
    assert set(TYPES) == set(WAREHOUSE_TYPES) == set(ColumnType)
    assert all(TYPES[kind].startswith(WAREHOUSE_TYPES[kind][0]) for kind in ColumnType)


@pytest.mark.parametrize("taxi", list(Taxi))
def test_a_contract_is_sound(taxi: Taxi) -> None:
    contract = load_contract(taxi)
    names = [column.name for column in contract.columns]
    known = [alias for column in contract.columns for alias in column.aliases]
    assert contract.taxi is taxi
    assert len(set(names)) == len(names)
    assert all(name == name.lower() == name.strip() for name in names + known)
    assert not set(known) & {c.name for c in contract.columns if not c.derived}
    assert {contract.pickup, *filter(None, (contract.total, contract.vendor))} <= set(names)
    for column in contract.columns:
        assert column.description.endswith((".", ")", "?")), column.name
        assert bool(column.words) == bool(column.word_column), column.name
        for month in filter(None, (column.since, column.until)):
            assert Month.parse(month) >= taxi.first_month, column.name


def test_a_contract_has_at_most_one_column_per_letter() -> None:
    column = '[[column]]\nname = "c{}"\ntype = "integer"\ndescription = "x"\n'
    head = 'taxi = "fhv"\ndescription = "x"\n[roles]\npickup = "c0"\n'
    text = head + "".join(column.format(place) for place in range(len(LETTERS)))
    assert len(parse_contract(text).columns) == len(LETTERS) == MOST_COLUMNS
    with pytest.raises(ContractError, match="of fhv has 53 columns. Expected at most 52"):
        parse_contract(text + column.format("new"))


def test_names_match_in_any_case_with_blanks_and_from_any_year() -> None:
    header = [" Trip_Pickup_DateTime", "TPEP_DROPOFF_DATETIME ", "Trip_Distance", "Fare_Amt"]
    matched = match_columns(load_contract(Taxi.YELLOW), [*header, "Total_Amt", "robot_fee", ""])
    assert matched.positions["tpep_pickup_datetime"] == (0,)
    assert matched.positions["fare_amount"] == (3,)
    assert "robot_fee" in matched.unknown


def test_a_missing_required_column_is_shown_with_the_most_similar_one() -> None:
    header = ["tpep_pickup_datetime", "tpep_dropoff_datetime", "trip_distance", "fare_amont"]
    with pytest.raises(
        ContractError, match=r"fare_amount \(nearest in the file: fare_amont\), total"
    ):
        match_columns(load_contract(Taxi.YELLOW), header)


def test_a_layout_of_columns_has_one_fingerprint_in_any_case() -> None:
    header = ["dispatching_base_num", "pickup_datetime"]
    contract = load_contract(Taxi.FHV)
    first = match_columns(contract, header).fingerprint
    assert match_columns(contract, [name.upper() for name in header]).fingerprint == first
    assert match_columns(contract, header[::-1]).fingerprint != first

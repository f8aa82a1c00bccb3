"""The contracts: valid, documented, and matched with the names in files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dev.data_contract import PAGE, WAREHOUSE_TYPES, document
from nyc_tlc.core.catalog import Month, Taxi
from nyc_tlc.core.contract.matching import match_columns
from nyc_tlc.core.contract.model import MOST_COLUMNS, ColumnType, load_contract, parse_contract
from nyc_tlc.core.errors import ContractError
from nyc_tlc.core.postgres.tables import TYPES
from nyc_tlc.core.reader.fingerprint import LETTERS

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]


def test_the_page_in_docs_is_what_the_contracts_say() -> None:
    assert PAGE.read_text() == document(), "run make docs"


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
    assert len(parse_contract(text, "fhv.toml").columns) == len(LETTERS) == MOST_COLUMNS
    with pytest.raises(ContractError, match="of fhv has 53 columns. Expected at most 52"):
        parse_contract(text + column.format("new"), "fhv.toml")


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


HEAD = 'taxi = "fhv"\ndescription = "x"\n[roles]\npickup = "began"\n'
BEGAN = '[[column]]\nname = "began"\ntype = "timestamp"\ndescription = "x"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            BEGAN.replace("timestamp", "date"),
            "column began: type is 'date'. Allowed: integer, float",
        ),
        (BEGAN.replace("type", "typ"), "column began: type is missing. Required: name, type, desc"),
        (
            BEGAN + "units = 'USD'",
            "column began: units is not a key. Required: .* Optional: .*unit",
        ),
        (BEGAN.replace("name = ", "nam = "), r"column \(without a name\): name is missing"),
        (BEGAN.replace('"began"', '"Began"'), "column Began: .* Expected 'began'"),
        (BEGAN + "aliases = ['Start ']", "column began: .* Expected 'start'"),
        (BEGAN + "since = '2026'", "column began: since: '2026' is not a month. Expected YYYY-MM"),
        (BEGAN + BEGAN, "fhv.toml: began stands there twice"),
        (BEGAN + BEGAN.replace("began", "b") + "aliases = ['began']", "began stands there twice"),
        (BEGAN.replace("[[column]]", "[[column]"), "fhv.toml is not TOML: .*line 5"),
    ],
)
def test_a_wrong_entry_is_named_with_its_file_its_key_and_what_is_allowed(
    text: str, said: str
) -> None:
    with pytest.raises(ContractError, match=said) as refused:
        parse_contract(HEAD + text, "core/contract/fhv.toml")
    assert str(refused.value).startswith("core/contract/fhv.toml")


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (HEAD.replace("fhv", "tram"), "taxi is 'tram'. Allowed: yellow, green, fhv, fhvhv"),
        (HEAD.replace("pickup", "pickups"), r"fhv.toml, \[roles\]: pickup is missing"),
        (HEAD.replace("description", "text"), "fhv.toml: description is missing"),
    ],
)
def test_a_wrong_head_is_named_too(head: str, said: str) -> None:
    with pytest.raises(ContractError, match=said):
        parse_contract(head + BEGAN, "core/contract/fhv.toml")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the page is made of, to change."""
    for name in ("plugins", "dev"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "docs").mkdir()
    return tmp_path


def write_page(checkout: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": f"{checkout / 'plugins'}:{checkout}"}
    return subprocess.run(
        [sys.executable, "-m", "dev.data_contract"],
        cwd=checkout, env=environment, capture_output=True, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("taxi", list(Taxi))
def test_a_column_is_added_as_contributing_says(taxi: Taxi, checkout: Path, tmp_path: Path) -> None:
    """The template of the file's own head, at its end; then ``make docs``, and a file with it."""
    contract = checkout / "plugins" / "nyc_tlc" / "core" / "contract" / f"{taxi}.toml"
    text = contract.read_text()
    template = [
        line.removeprefix("# ")
        for line in text[text.index("# [[column]]") : text.index("\ntaxi = ")].splitlines()
    ]
    contract.write_text("\n".join([text, *template]))
    written = write_page(checkout)
    assert written.returncode == 0, written.stderr
    page = (checkout / "docs" / "data-contract.md").read_text()
    added = (
        "| `new_fee` | double precision | FLOAT64 | What it is. [USD] | `fee_new` | since 2026-01 |"
    )
    assert page.replace(f"{added}\n", "", 1) == PAGE.read_text()

    known = load_contract(taxi)
    required = [column.name for column in known.columns if column.required]
    changed = parse_contract(contract.read_text(), contract.name)
    assert changed.columns[:-1] == known.columns
    assert "new_fee" in match_columns(changed, [*required, "Fee_New"]).positions


def test_the_page_is_not_written_from_a_wrong_contract(checkout: Path) -> None:
    contract = checkout / "plugins" / "nyc_tlc" / "core" / "contract" / "green.toml"
    contract.write_text(contract.read_text() + '[[column]]\nname = "x"\ntype = "money"\n')
    refused = write_page(checkout)
    assert refused.returncode == 1
    assert "core/contract/green.toml, column x: description is missing" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (checkout / "docs" / "data-contract.md").exists()

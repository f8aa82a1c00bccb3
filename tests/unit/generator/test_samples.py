from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from nyc_tlc.core.catalog import Taxi
from nyc_tlc.core.contract.model import load_contract
from nyc_tlc.core.reader.trips import TripReader

pytestmark = pytest.mark.unit

SAMPLES = Path(__file__).parents[3] / "dev" / "samples"
MONTHS = ("2021-01", "2021-02", "2021-03")


def sample(month: str) -> Path:
    return SAMPLES / "trip-data" / f"green_tripdata_{month}.parquet"


def test_the_script_makes_the_bundled_samples(tmp_path: Path) -> None:
    from dev.samples import __main__ as make_samples

    make_samples.make(tmp_path)
    months = sorted((tmp_path / "trip-data").iterdir())
    assert [path.name for path in months] == [sample(month).name for month in MONTHS]
    for made in months:
        assert pq.read_table(made).equals(pq.read_table(SAMPLES / "trip-data" / made.name))
    lookup = Path("misc", "taxi_zone_lookup.csv")
    assert (tmp_path / lookup).read_bytes() == (SAMPLES / lookup).read_bytes()


def test_the_samples_stay_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*.parquet")) < 500_000
    for month in MONTHS:
        assert 2000 <= pq.read_metadata(sample(month)).num_rows <= 5000


def test_the_samples_drift() -> None:
    schemas = [pq.read_schema(sample(month)) for month in MONTHS]
    assert [str(schema.field("VendorID").type) for schema in schemas] == ["int64", "int64", "int32"]
    assert [str(schema.field("ehail_fee").type) for schema in schemas] == ["null", "null", "double"]


@pytest.mark.parametrize(
    ("month", "unknown"), [("2021-01", ()), ("2021-02", ("driver_rating",)), ("2021-03", ())]
)
def test_the_reader_reads_every_sample(month: str, unknown: tuple[str, ...]) -> None:
    reader = TripReader(sample(month), load_contract(Taxi.GREEN))
    assert reader.match.unknown == unknown
    rows = sum(batch.num_rows for batch in reader.batches())
    assert rows == pq.read_metadata(sample(month)).num_rows


def test_the_readme_says_that_they_are_not_tlcs_data() -> None:
    assert "These are not TLC's data" in (SAMPLES / "README.md").read_text()

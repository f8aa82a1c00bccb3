"""Files to serve; waits are recorded instead of slept."""

from __future__ import annotations

from pathlib import Path

import pytest
from bodies import Body, parquet_body

from nyc_tlc.core.landing import remote


@pytest.fixture(scope="session")
def parquet() -> Body:
    return parquet_body(seed=1)


@pytest.fixture(scope="session")
def republished() -> Body:
    """Another file of the same rows and length, as TLC puts in a month's place."""
    return parquet_body(seed=2)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were to be waited before each further try."""
    noted: list[float] = []
    monkeypatch.setattr(remote, "sleep", noted.append)
    return noted


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "landing" / "green_tripdata_2021-01.parquet"

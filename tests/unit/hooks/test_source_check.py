"""What ``tlc_source`` asks the source, and stores for the page *Taxi months*."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nyc_tlc.core.catalog import Month, Taxi, TripFile
from nyc_tlc.core.months import SOURCE_CHECK, SourceCheck

pytestmark = pytest.mark.unit


def test_every_month_is_asked_for_and_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk import Variable

    from nyc_tlc.operators.source_check import TaxiSourceCheckOperator

    (tmp_path / "green_tripdata_2021-01.parquet").write_bytes(b"PAR1")
    source = {"conn_type": "nyc_tlc", "host": tmp_path.as_uri()}
    monkeypatch.setenv("AIRFLOW_CONN_TLC_DEFAULT", json.dumps(source))
    stored: dict[str, str] = {}
    monkeypatch.setattr(
        Variable, "set", lambda key, value, description: stored.update({key: value})
    )

    check: Any = TaxiSourceCheckOperator(task_id="check", variable=SOURCE_CHECK)
    counts = check.run_step({})

    answers = SourceCheck.from_json(stored[SOURCE_CHECK]).answers
    assert counts == {"published": 1, "not_published": len(answers) - 1}
    january = answers[TripFile(Taxi.GREEN, Month(2021, 1))]
    assert january
    assert (january.bytes, january.url) == (
        4,
        f"{tmp_path.as_uri()}/green_tripdata_2021-01.parquet",
    )
    assert answers[TripFile(Taxi.YELLOW, Month(2009, 1))] is None

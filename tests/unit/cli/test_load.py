"""How ``airflow tlc load`` reports a month, by the outcome of its merge."""

from __future__ import annotations

import pytest

from nyc_tlc.cli import load as command
from nyc_tlc.core.catalog import TripFile
from nyc_tlc.core.loads import MergeOutcome, MergeResult
from nyc_tlc.operators.month import result_of

pytestmark = pytest.mark.unit

FILE = TripFile.of("green", "2021-01")


@pytest.mark.parametrize(
    ("merged", "shown"),
    [
        (MergeResult(MergeOutcome.MERGED, 7, 0, 1), ("loaded", 7, "")),
        (MergeResult(MergeOutcome.UNCHANGED, 7, 0, 1), ("unchanged", 0, "")),
        (MergeResult(MergeOutcome.SUPERSEDED, 7, 0, 1, "newer"), ("superseded", 0, "newer")),
    ],
    ids=lambda value: str(value.outcome) if isinstance(value, MergeResult) else "",
)
def test_only_a_month_that_was_merged_is_shown_as_loaded(
    merged: MergeResult, shown: tuple[str, int, str]
) -> None:
    result = result_of(FILE, merged.to_xcom)
    assert (result.outcome, result.rows, result.message) == shown
    assert f"1 {shown[0]}: {shown[1]} rows" in command._summary([result])

"""How ``airflow tlc load`` reports a month, by the outcome of its merge."""

from __future__ import annotations

from typing import Any

import pytest

from nyc_tlc.cli import load as command
from nyc_tlc.cli.steps import Options
from nyc_tlc.core.catalog import TripFile
from nyc_tlc.core.loads import MergeOutcome, MergeResult

pytestmark = pytest.mark.unit

FILE = TripFile.of("green", "2021-01")


class NoBars:
    def step(self, name: str) -> None: ...


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
    monkeypatch: pytest.MonkeyPatch, merged: MergeResult, shown: tuple[str, int, str]
) -> None:
    monkeypatch.setattr(command, "load_month", lambda *_: merged.to_xcom())
    bars: Any = NoBars()
    result = command._result_of(FILE, Options(), bars)
    assert (result.outcome, result.rows, result.message) == shown
    assert f"1 {shown[0]}: {shown[1]} rows" in command._summary([result])

"""The demo's Airflow is used again later, so its backfills are completed by the scheduler, not cancelled."""

from __future__ import annotations

from typing import Any

import pytest

from dev import standalone, three_months

pytestmark = pytest.mark.unit


class FakeAirflow(standalone.Airflow):
    """One backfill, which the scheduler completes after it was asked for twice."""

    asked: list[str] = []

    def get(self, path: str, **query: Any) -> Any:
        if path == "dags":
            return {"total_entries": 1}
        self.asked.append(path)
        return {"backfills": [{"id": 1, "completed_at": "now" if len(self.asked) > 2 else None}]}

    def patch(self, path: str, body: Any) -> None:
        self.asked.append(f"is_paused: {body['is_paused']}")

    def cli(self, *words: str) -> str:
        self.asked.append(" ".join(words[:2]))
        return ""

    def close_backfills(self, dag_id: str) -> None:
        raise AssertionError("a run of it that is cleared later would stay queued (Airflow #72337)")


def test_the_demo_waits_for_an_earlier_backfill_and_cancels_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dev.standalone.time.sleep", lambda _seconds: None)
    monkeypatch.setattr(three_months, "_wait_for_runs", lambda *_: [])
    airflow = FakeAirflow("http://127.0.0.1", "admin", "secret", {})
    assert three_months.load_months(airflow, "tlc_postgres_green") == []
    assert airflow.asked == [
        "is_paused: False", *["backfills"] * 2, "backfill create", "is_paused: True",
    ]  # fmt: skip

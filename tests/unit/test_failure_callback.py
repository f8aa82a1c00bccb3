"""A failed task goes on record: in the ledger, and, short enough for XCom, for who tells people."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from nyc_tlc.callbacks import XCOM_KEY, record_failure
from nyc_tlc.core.errors import WarehouseUnreachableError

pytestmark = pytest.mark.unit


class Ledger:
    def __init__(self, error: Exception | None = None) -> None:
        self.rows: list[tuple[str, str, str]] = []
        self._error = error

    def record_failure(self, file: Any, run: Any, error: str) -> int:
        if self._error:
            raise self._error
        self.rows.append((file.name, run.run_id, error))
        return 1


def failed(ledger: Ledger, exception: Exception, pushed: dict[str, str]) -> Any:
    find = SimpleNamespace(taxi="green", ledger=lambda: ledger)
    return {
        "dag": SimpleNamespace(dag_id="a_dag", get_task=lambda _: find),
        "dag_run": SimpleNamespace(start_date=None),
        "run_id": "a_run",
        "task": SimpleNamespace(task_id="stage"),
        "ti": SimpleNamespace(xcom_push=lambda key, value: pushed.update({key: value})),
        "params": {"month": "2021-01", "source": "parquet"},
        "exception": exception,
    }


def test_the_ledger_has_the_whole_error_and_xcom_less_than_2_kb_of_it() -> None:
    ledger, pushed = Ledger(), dict[str, str]()
    record_failure(failed(ledger, ValueError("é" * 10_000), pushed))
    assert ledger.rows == [("green_tripdata_2021-01.parquet", "a_run", f"stage: {'é' * 10_000}")]
    assert len(pushed[XCOM_KEY].encode()) < 2048
    assert pushed[XCOM_KEY].startswith("stage: éé")


def test_a_ledger_out_of_reach_does_not_hide_the_failure(caplog: pytest.LogCaptureFixture) -> None:
    pushed = dict[str, str]()
    record_failure(
        failed(Ledger(WarehouseUnreachableError("refused")), ValueError("first"), pushed)
    )
    assert pushed == {XCOM_KEY: "stage: first"}
    assert "could not be written to tlc_load: refused" in caplog.text

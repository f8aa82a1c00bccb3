"""A failed task is recorded in the ledger and, shortened for XCom, passed on to the notification."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from airflow.sdk import DAG

from nyc_tlc.callbacks import XCOM_KEY, notify_failure, record_failure
from nyc_tlc.core.errors import StagingMissingError, WarehouseUnreachableError
from nyc_tlc.core.failure import Failure
from nyc_tlc.operators.base import failing_at_once
from nyc_tlc.sensors.find import PostgresFindSensor

pytestmark = pytest.mark.unit


class Ledger:
    def __init__(self, error: Exception | None = None) -> None:
        self.rows: list[tuple[str, Failure]] = []
        self._error = error

    def record_failure(self, file: Any, failure: Failure, run: Any) -> int:
        if self._error:
            raise self._error
        self.rows.append((file.name, failure))
        return 1


def failed(ledger: Ledger | None, exception: Any, pushed: dict[str, Any], **params: Any) -> Any:
    """The context of a failed task; without a ledger its DAG has no months."""
    find = SimpleNamespace(
        taxi="green", ledger=lambda: ledger, render_template_fields=lambda _: None
    )
    find.prepare_for_execution = lambda: find
    return {
        "dag": SimpleNamespace(
            dag_id="a_dag", get_task=lambda _: find, has_task=lambda _: ledger is not None
        ),
        "dag_run": SimpleNamespace(start_date=None),
        "run_id": "a_run",
        "task": SimpleNamespace(task_id="stage"),
        "ti": SimpleNamespace(xcom_push=lambda key, value: pushed.update({key: value})),
        "params": params or {"month": "2021-01", "source": "parquet"},
        "exception": exception,
    }


def test_the_ledger_has_the_whole_error_and_xcom_at_most_2_kb_of_it() -> None:
    ledger, pushed = Ledger(), dict[str, Any]()
    record_failure(failed(ledger, ValueError("é" * 10_000), pushed))
    [(name, failure)] = ledger.rows
    assert name == "green_tripdata_2021-01.parquet"
    assert failure == Failure(
        "a_dag", "a_run", "stage", "ValueError", "é" * 10_000, "green", "2021-01"
    )
    assert len(json.dumps(pushed[XCOM_KEY], ensure_ascii=False).encode()) < 2048
    assert Failure.from_xcom(pushed[XCOM_KEY]).message.startswith("éé")


@pytest.mark.parametrize("text", ["task killed: heartbeat: lost", None])
def test_a_killed_task_is_a_failure_too(text: str | None) -> None:
    ledger = Ledger()
    record_failure(failed(ledger, text, {}))
    [(_, failure)] = ledger.rows
    assert failure.error_class == "TaskKilled"
    assert failure.message == text or text is None


def test_an_error_that_ends_retries_keeps_its_class() -> None:
    ledger = Ledger()
    with pytest.raises(Exception) as raised, failing_at_once():
        raise StagingMissingError("staging: gone")
    record_failure(failed(ledger, raised.value, {}))
    [(_, failure)] = ledger.rows
    assert (failure.error_class, failure.message) == ("StagingMissingError", "staging: gone")


@pytest.mark.parametrize("error", [WarehouseUnreachableError("refused"), KeyError("refused")])
def test_an_unreachable_ledger_does_not_hide_the_failure(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    pushed = dict[str, Any]()
    record_failure(failed(Ledger(error), ValueError("first"), pushed))
    assert pushed[XCOM_KEY]["message"] == "first"
    assert "Could not write the failure to tlc_load" in caplog.text
    assert "refused" in caplog.text


def test_in_dags_test_no_callback_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow gives callbacks there no way to read XComs."""
    monkeypatch.setattr(sys, "argv", ["airflow", "dags", "test", "a_dag"])

    def unavailable(**_: Any) -> None:
        raise ImportError("cannot import name 'SUPERVISOR_COMMS'")

    context = failed(None, ValueError("no zones"), {})
    context["ti"] = SimpleNamespace(task_id="zones", xcom_pull=unavailable)
    notify_failure(context)


def test_a_failure_in_a_dag_without_months_is_passed_on() -> None:
    pushed = dict[str, Any]()
    record_failure(failed(None, ValueError("no zones"), pushed, keep=1))
    failure = Failure.from_xcom(pushed[XCOM_KEY])
    assert failure.subject == "stage failed in a_dag"


class FindOn(PostgresFindSensor):
    """Its ledger is called what its field ``schema`` says."""

    ledgers: ClassVar[dict[str, Ledger]] = {}

    def ledger(self) -> Any:
        return self.ledgers[self.schema]


@pytest.mark.parametrize("task_id", ["find", "stage"])
def test_the_ledger_is_found_by_the_find_task_s_filled_in_templates(task_id: str) -> None:
    with DAG("a_dag", schedule=None) as dag:
        find = FindOn(task_id="find", taxi="green", month="", schema="{{ params.where }}")
    FindOn.ledgers = {"trips": Ledger()}
    context = failed(None, ValueError("no disk"), {}, month="2021-01", where="trips")
    task = SimpleNamespace(task_id=task_id)
    if task_id == "find":
        task = find.prepare_for_execution()
        task.render_template_fields(context)
    record_failure({**context, "dag": dag, "task": task})
    [(name, failure)] = FindOn.ledgers["trips"].rows
    assert (name, failure.task_id) == ("green_tripdata_2021-01.parquet", task_id)
    assert find.schema == "{{ params.where }}"

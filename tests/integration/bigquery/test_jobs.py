"""The steps that are BigQuery jobs: they wait in the triggerer, retries find them, none runs twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from cloud_month import CloudMonth
from cloud_steps import CloudSteps, deferred, event_of, restarted, resumed
from google.cloud.bigquery.job import LoadJob, QueryJob

from dev.generator import era_of, write
from nyc_tlc.core.bigquery.jobs import wait_for
from nyc_tlc.core.bigquery.ledger import latest_load
from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse
from nyc_tlc.core.catalog import Taxi
from nyc_tlc.core.errors import MonthChangedError, WarehouseUnreachableError
from nyc_tlc.core.xcom import XComValue
from nyc_tlc.operators.bigquery_job import BigQueryJobOperator

pytestmark = pytest.mark.integration

ROWS = 300


@dataclass(frozen=True)
class Counted(XComValue):
    n: int


class SlowOperator(BigQueryJobOperator):
    """A query that takes some seconds."""

    def configure(self, context: Any) -> dict[str, Any]:
        many = "UNNEST(GENERATE_ARRAY(1, 20000))"
        return self.job(context).query(
            f"SELECT COUNT(*) AS n FROM {many} AS a CROSS JOIN {many} AS b WHERE MOD(a * b, 7) = 3"
        )

    def finish(self, context: Any, job: Any) -> Counted:
        [row] = job.result()
        return Counted(row.n)


@pytest.fixture
def month(warehouse: BigQueryWarehouse, storage: Any, tmp_path: Path) -> CloudMonth:
    path = tmp_path / "green_tripdata_2021-01.parquet"
    write(path, era_of("green", "2021-01"), "2021-01", ROWS, 0)
    return CloudMonth.of(warehouse, storage, path, "green", "2021-01")


@pytest.fixture
def steps(month: CloudMonth) -> CloudSteps:
    return CloudSteps(month)


@pytest.fixture
def waiting(month: CloudMonth, monkeypatch: pytest.MonkeyPatch) -> CloudSteps:
    """Every job seems to run when it has been begun; how it goes on is the emulator's answer."""
    for kind in (LoadJob, QueryJob):
        monkeypatch.setattr(kind, "running", lambda _job: True)
    return CloudSteps(month, deferrable=True)


def loads(warehouse: BigQueryWarehouse) -> list[tuple[str, int, int]]:
    rows = warehouse.query(
        f"SELECT outcome, rows_merged, rows_replaced FROM {warehouse.place.ledger.quoted}"
    )
    return [row.values() for row in rows]


def trips(warehouse: BigQueryWarehouse) -> int:
    [row] = warehouse.query(f"SELECT COUNT(*) AS n FROM {warehouse.place.trips(Taxi.GREEN).quoted}")
    return int(row.n)


def test_a_month_whose_steps_all_wait_in_the_triggerer(
    waiting: CloudSteps, warehouse: BigQueryWarehouse
) -> None:
    context = waiting.context
    prepared = waiting.transform(waiting.upload())

    def done(step: Callable[[], Any]) -> Any:
        return resumed(deferred(step(), context), step(), context)

    staged = done(lambda: waiting.load(prepared))
    assert staged["rows"] == ROWS
    report = done(waiting.check)
    merged = done(lambda: waiting.merge(staged, report))
    assert (merged["outcome"], merged["rows"], merged["replaced"]) == ("merged", ROWS, 0)
    assert loads(warehouse) == [("merged", ROWS, 0)]


def test_a_job_that_fails_while_the_task_is_deferred_is_reported(
    waiting: CloudSteps, storage: Any, warehouse: BigQueryWarehouse
) -> None:
    """The trigger's event tells neither which job it was nor its rows' errors."""
    blob = storage.bucket(warehouse.place.bucket).blob("raw/broken.parquet")
    blob.upload_from_string(b"PAR1 and nothing else")
    prepared = {"uri": f"gs://{warehouse.place.bucket}/raw/broken.parquet"}
    wait = deferred(waiting.load(prepared), waiting.context)
    assert event_of(restarted(wait))["status"] == "error"
    with pytest.raises(AirflowFailException, match="ContractError: BigQuery job tlc_a_dag"):
        resumed(wait, waiting.load(prepared), waiting.context)


def test_a_restarted_triggerer_continues_with_the_same_job(steps: CloudSteps) -> None:
    slow = steps.job(SlowOperator, "slow", deferrable=True)
    wait = deferred(slow, steps.context)
    with pytest.raises(TimeoutError):
        event_of(restarted(wait), seconds=0.3)
    other_try = steps.job(SlowOperator, "slow", deferrable=True)
    deferred(other_try, steps.context)
    assert other_try.job_id == slow.job_id
    event = event_of(restarted(wait))
    assert (event["status"], event["job_id"]) == ("success", slow.job_id)
    assert resumed(wait, steps.job(SlowOperator, "slow"), steps.context)["n"] > 0


def test_a_job_of_a_task_that_is_killed_is_cancelled(steps: CloudSteps) -> None:
    slow = steps.job(SlowOperator, "slow", deferrable=True)
    wait = deferred(slow, steps.context)
    slow.on_kill()
    with pytest.raises(WarehouseUnreachableError, match="stopped job"):
        resumed(wait, steps.job(SlowOperator, "slow"), steps.context)


def begun_by_a_worker_that_dies(merge: Any, context: Any) -> Any:
    """The job, ended: nothing but BigQuery was there to see it."""
    job = merge.hook.begin_job(merge.job(context).job_id, lambda: merge.configure(context))
    wait_for(job)
    return job


def test_a_merge_completes_even_if_its_worker_dies(
    steps: CloudSteps, month: CloudMonth, warehouse: BigQueryWarehouse
) -> None:
    staged, report = steps.until_merge()
    begun_by_a_worker_that_dies(steps.merge(staged, report), steps.context)
    assert loads(warehouse) == [("merged", ROWS, 0)]
    again = steps.merge(staged, report)
    merged = again.execute(steps.context)
    assert again.job_id is None, "no second job"
    assert (merged["rows"], merged["replaced"]) == (ROWS, 0)
    assert loads(warehouse) == [("merged", ROWS, 0)]
    load = latest_load(warehouse, month.file)
    assert load is not None
    assert merged["load_id"] == load.load_id


def test_a_month_with_other_rows_is_not_recorded(
    steps: CloudSteps, warehouse: BigQueryWarehouse
) -> None:
    """Another run's merge of as many rows comes between ours and its ledger row; the retry passes."""
    staged, report = steps.until_merge()
    merge = steps.merge(staged, report)
    configuration = merge.configure(steps.context)
    trips = warehouse.place.trips(Taxi.GREEN).quoted
    other = f"UPDATE {trips} SET unique_row_id = MD5('another run') WHERE TRUE;\n\nSET new_load"
    query = configuration["query"]
    query["query"] = query["query"].replace("SET new_load", other, 1)
    merge.configure = lambda _context: configuration
    with pytest.raises(MonthChangedError, match="another run has changed the month"):
        merge.execute(steps.context)
    assert loads(warehouse) == []
    assert steps.merge(staged, report).execute(steps.context)["replaced"] == ROWS


def test_a_merge_stops_if_another_run_was_faster(
    steps: CloudSteps, month: CloudMonth, warehouse: BigQueryWarehouse
) -> None:
    """Its job was made before the other run's merge, and starts after it."""
    staged, report = steps.until_merge()
    merge = steps.merge(staged, report)
    configuration = merge.configure(steps.context)
    record = f"INSERT INTO {warehouse.place.ledger.quoted} (load_id, taxi, file_month, outcome)"
    warehouse.query(f"{record} VALUES (7, 'green', DATE '2021-01-01', 'merged')")
    merge.configure = lambda _context: configuration
    with pytest.raises(MonthChangedError):
        merge.execute(steps.context)
    assert trips(warehouse) == 0


def test_a_script_has_a_cost_limit_and_labels(
    steps: CloudSteps, warehouse: BigQueryWarehouse
) -> None:
    staged, report = steps.until_merge()
    merge = steps.merge(staged, report, maximum_bytes_billed=10_000_000)
    job = warehouse.client.get_job(begun_by_a_worker_that_dies(merge, steps.context).job_id)
    assert job.statement_type == "SCRIPT"
    assert job.maximum_bytes_billed == 10_000_000
    asked = job.to_api_repr()["configuration"]["query"]
    assert asked["scriptOptions"] == {"statementByteBudget": "10000000"}
    assert job.labels == {"dag": "a_dag", "task": "merge", "taxi": "green", "month": "2021-01"}

"""After a merge the month in the trips table equals the file, whatever was there before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cloud_month import CloudMonth

from dev.generator import era_of, write
from nyc_tlc.core.bigquery.check import staged_rows
from nyc_tlc.core.bigquery.ledger import (
    latest_load,
    ledger_months,
    month_loads,
    record_failure,
    unchanged_load,
)
from nyc_tlc.core.bigquery.merge import already_merged
from nyc_tlc.core.bigquery.trips import ensure_trips_table, month_content
from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse
from nyc_tlc.core.catalog import Month, Taxi, TripFile
from nyc_tlc.core.contract.model import load_contract
from nyc_tlc.core.errors import BadFileError, StagingMissingError, TableMismatchError
from nyc_tlc.core.failure import Failure
from nyc_tlc.core.landing.remote import probe
from nyc_tlc.core.ledger import LedgerMonth
from nyc_tlc.core.loads import Load, MergeMode, MergeOutcome, Oddities, Run, StagedMonth
from nyc_tlc.core.verify import alterations

pytestmark = pytest.mark.integration

ROWS = 300


def made_up(folder: Path, month: str, rows: int = ROWS, seed: int = 0) -> Path:
    path = folder / f"green_tripdata_{month}.{seed}.parquet"
    write(path, era_of("green", month), month, rows, seed)
    return path


def january(warehouse: BigQueryWarehouse, storage: Any, folder: Path) -> CloudMonth:
    return CloudMonth.of(warehouse, storage, made_up(folder, "2021-01"), "green", "2021-01")


def counts(warehouse: BigQueryWarehouse) -> dict[str, int]:
    trips = warehouse.place.trips(Taxi.GREEN).quoted
    rows = warehouse.query(f"SELECT file_month, COUNT(*) AS n FROM {trips} GROUP BY file_month")
    return {f"{row.file_month:%Y-%m}": row.n for row in rows}


def test_an_older_run_that_merges_after_a_newer_one_ends_as_superseded(
    warehouse: BigQueryWarehouse, storage: Any, tmp_path: Path
) -> None:
    older = january(warehouse, storage, tmp_path)
    staged, oddities = older.stage(), older.check()
    url = older.path.as_uri()
    landed = replace(older.landed, url=url, etag=probe(url).etag)
    load = Load(older.file, Run("tlc_test", "run"), landed, staged, oddities, newest_at_find=0)

    made_up(tmp_path, "2021-01", rows=7)
    older.again("newer").into_trips()
    latest = latest_load(warehouse, older.file)
    ended = already_merged(warehouse, latest, load, older.staging, force=False)

    assert ended is not None
    assert (ended.outcome, ended.rows) == (MergeOutcome.SUPERSEDED, 7)
    assert "newer has merged a newer file" in str(ended.reason)


def test_a_first_month_and_the_ledger(
    warehouse: BigQueryWarehouse, storage: Any, tmp_path: Path
) -> None:
    month = january(warehouse, storage, tmp_path)
    result = month.into_trips()
    assert (result.rows, result.replaced) == (ROWS, 0)
    load = latest_load(warehouse, month.file)
    assert load is not None
    assert (load.load_id, load.rows_merged) == (result.load_id, ROWS)
    assert load.sha256 == month.landed.sha256
    assert unchanged_load(warehouse, month.file, month.landed) == load
    assert warehouse.find(warehouse.place.staging(month.file, month.run)) is None


def test_the_ledger_month_by_month(
    warehouse: BigQueryWarehouse, storage: Any, tmp_path: Path
) -> None:
    assert ledger_months(warehouse) == []
    january(warehouse, storage, tmp_path).into_trips()
    [merged] = ledger_months(warehouse)
    assert (merged.taxi, merged.month) == (Taxi.GREEN, Month(2021, 1))
    assert (merged.outcome, merged.rows, merged.error) == ("merged", ROWS, None)
    assert (merged.rejected, merged.bytes is None, merged.loaded_at is None) == (0, False, False)
    file = january(warehouse, storage, tmp_path).file
    record_a_failure(warehouse, file)
    record_a_failure(warehouse, replace(file, month=Month(2021, 2)))
    why = {"task_id": "load", "error_class": "BadFileError", "error": "cut short"}
    assert ledger_months(warehouse) == [
        replace(merged, outcome="failed", **why),
        LedgerMonth(Taxi.GREEN, Month(2021, 2), "failed", None, **why),
    ]
    loads, rejects = month_loads(warehouse, file)
    assert [load["outcome"] for load in loads] == ["failed", "merged"]
    assert rejects == []


def record_a_failure(warehouse: BigQueryWarehouse, file: TripFile) -> int:
    run = Run("dag", "later")
    failure = Failure.of(run, "load", file, BadFileError("cut short"))
    return record_failure(warehouse, file, failure, run)


def test_the_table_is_partitioned_clustered_and_described(
    warehouse: BigQueryWarehouse, storage: Any, tmp_path: Path
) -> None:
    january(warehouse, storage, tmp_path).into_trips()
    table = warehouse.find(warehouse.place.trips(Taxi.GREEN))
    assert table is not None
    assert table.time_partitioning.field == "file_month"
    assert table.clustering_fields == ["lpep_pickup_datetime", "pulocationid"]
    described = {field.name: field.description for field in table.schema}
    assert all(described.values())
    assert described["trip_distance"].endswith("[mile]")


def test_a_republished_file_replaces_its_month_and_no_other(
    warehouse: BigQueryWarehouse, storage: Any, tmp_path: Path
) -> None:
    first = january(warehouse, storage, tmp_path)
    first.into_trips()
    february = made_up(tmp_path, "2021-02")
    CloudMonth.of(warehouse, storage, february, "green", "2021-02").into_trips()
    a_worker_whose_clock_is_a_year_ahead_wrote(warehouse)
    republished = first.again("second", made_up(tmp_path, "2021-01", rows=ROWS - 7, seed=1))
    result = republished.into_trips()
    assert (result.rows, result.replaced) == (ROWS - 7, ROWS)
    assert counts(warehouse) == {"2021-01": ROWS - 7, "2021-02": ROWS}
    newest = latest_load(warehouse, first.file)
    assert newest is not None
    assert (newest.load_id, newest.run_id) == (result.load_id, "second")


def a_worker_whose_clock_is_a_year_ahead_wrote(warehouse: BigQueryWarehouse) -> None:
    """As versions did that took a load's id from the worker's clock."""
    ledger = warehouse.place.ledger.quoted
    warehouse.query(f"UPDATE {ledger} SET load_id = load_id + 31536000000000 WHERE TRUE")


def test_the_same_file_again_leaves_what_one_load_leaves(
    warehouse: BigQueryWarehouse, storage: Any, tmp_path: Path
) -> None:
    month = january(warehouse, storage, tmp_path)
    month.into_trips()
    result = month.again("second").into_trips()
    assert (result.rows, result.replaced) == (ROWS, ROWS)
    assert counts(warehouse) == {"2021-01": ROWS}


def test_insert_only_adds_new_rows_and_deletes_none(
    warehouse: BigQueryWarehouse, storage: Any, tmp_path: Path
) -> None:
    month = january(warehouse, storage, tmp_path)
    month.into_trips()
    table = pq.read_table(month.path)
    fewer_and_one_new = pa.concat_tables([table.slice(100), _far(table.slice(0, 1))])
    changed = tmp_path / "green_tripdata_2021-01.changed.parquet"
    pq.write_table(fewer_and_one_new, changed)
    result = month.again("second", changed).into_trips(MergeMode.INSERT_ONLY)
    assert (result.rows, result.replaced) == (ROWS + 1, 0)


def _far(row: pa.Table) -> pa.Table:
    place = row.schema.get_field_index("trip_distance")
    return row.set_column(place, "trip_distance", pa.array([987654.25]))


def test_a_missing_staging_table_is_an_error(
    warehouse: BigQueryWarehouse, storage: Any, tmp_path: Path
) -> None:
    month = january(warehouse, storage, tmp_path)
    with pytest.raises(StagingMissingError, match="expire after a day"):
        staged_rows(warehouse, warehouse.place.staging(month.file, "gone"))


def test_a_merge_is_not_repeated(
    warehouse: BigQueryWarehouse, storage: Any, tmp_path: Path
) -> None:
    month = january(warehouse, storage, tmp_path)
    result = month.into_trips()
    own, latest = _load(month), latest_load(warehouse, month.file)
    assert already_merged(warehouse, latest, own, month.staging, force=True) == result
    others = month.again("other")
    other = already_merged(warehouse, latest, _load(others), others.staging, force=False)
    assert other is not None
    assert (other.outcome, other.rows) == ("unchanged", ROWS)
    assert already_merged(warehouse, latest, _load(others), others.staging, force=True) is None


def _load(month: CloudMonth) -> Load:
    staged = StagedMonth(month.staging.dataset, month.staging.name, ROWS, 0, [], [], "")
    oddities = Oddities(ROWS, 0, 0, 0, 0)
    return Load(month.file, Run("tlc_test", month.run), month.landed, staged, oddities)


def test_a_new_column_of_the_contract_is_added(warehouse: BigQueryWarehouse) -> None:
    contract = load_contract(Taxi.GREEN)
    ensure_trips_table(warehouse, contract)
    trips = warehouse.place.trips(Taxi.GREEN).quoted
    warehouse.query(f"ALTER TABLE {trips} DROP COLUMN cbd_congestion_fee")
    ensure_trips_table(warehouse, contract)
    found = warehouse.find(warehouse.place.trips(Taxi.GREEN))
    assert found is not None
    assert "cbd_congestion_fee" in {field.name for field in found.schema}


def test_a_user_s_own_table_is_not_changed(warehouse: BigQueryWarehouse) -> None:
    trips = warehouse.place.trips(Taxi.GREEN).quoted
    warehouse.query(f"CREATE TABLE {trips} (unique_row_id BYTES, filename STRING)")
    with pytest.raises(TableMismatchError, match="not partitioned by file_month"):
        ensure_trips_table(warehouse, load_contract(Taxi.GREEN))


def test_a_column_of_another_type_is_named(warehouse: BigQueryWarehouse) -> None:
    trips = warehouse.place.trips(Taxi.GREEN).quoted
    warehouse.query(
        f"CREATE TABLE {trips} (file_month DATE, vendorid STRING) PARTITION BY file_month"
    )
    with pytest.raises(TableMismatchError, match="vendorid is STRING, expected INT64"):
        ensure_trips_table(warehouse, load_contract(Taxi.GREEN))


def test_a_failure_is_recorded(warehouse: BigQueryWarehouse, storage: Any, tmp_path: Path) -> None:
    month = january(warehouse, storage, tmp_path)
    load_id = record_a_failure(warehouse, month.file)
    [row] = warehouse.query(f"SELECT * FROM {warehouse.place.ledger.quoted}")
    assert (row.load_id, row.outcome, row.task_id) == (load_id, "failed", "load")
    assert (row.error_class, row.error) == ("BadFileError", "cut short")
    assert latest_load(warehouse, month.file) is None


def test_a_month_that_was_changed_by_hand_is_found(
    warehouse: BigQueryWarehouse, storage: Any, tmp_path: Path
) -> None:
    month = january(warehouse, storage, tmp_path)
    month.into_trips()
    load, contract = latest_load(warehouse, month.file), load_contract(Taxi.GREEN)
    assert load is not None
    assert load.id_sum
    assert alterations(load, month_content(warehouse, contract, month.file.month)) is None
    trips = warehouse.place.trips(Taxi.GREEN).quoted
    warehouse.query(f"UPDATE {trips} SET extra = 77 WHERE file_month = DATE '2021-01-01'")
    changed = alterations(load, month_content(warehouse, contract, month.file.month))
    assert "do not match their unique_row_id" in str(changed)

"""All DAGs: they exist, import fast and light, and follow the project's rules."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from importlib import import_module
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import ParamValidationError

from nyc_tlc.callbacks import notify_failure, record_failure
from nyc_tlc.core.catalog import Taxi, Warehouse
from nyc_tlc.sensors.find import PostgresFindSensor
from nyc_tlc.wiring.defaults import DEFAULT_ARGS, SOURCE

pytestmark = pytest.mark.dags

ROOT = Path(__file__).parents[2]
DAG_FILES = sorted((ROOT / "dags").glob("*.py"))
TAXI_DAG_IDS = {f"tlc_postgres_{taxi}" for taxi in ("yellow", "green", "fhv", "fhvhv")}
DAG_IDS = {
    *TAXI_DAG_IDS, "tlc_range", "tlc_report", "tlc_source", "tlc_summary", "tlc_zones",
    "hello_tutorial", "products_tutorial", "products_tutorial_published",
}  # fmt: skip
BACKOFF = DEFAULT_ARGS["retry_exponential_backoff"]
STEPS = ["find", "download", "stage", "check_rows", "check_oddities", "merge", "clean_up"]
HEAVY = ("duckdb", "pyarrow", "pandas", "google.cloud", "docker", "psycopg", "requests")

# In BigQuery: tests/dags/test_bigquery_dags.py.
CLOUD_TAXI_DAG_IDS = {f"tlc_bigquery_{taxi}" for taxi in ("yellow", "green", "fhv", "fhvhv")}
DAG_IDS |= {
    *CLOUD_TAXI_DAG_IDS,
    "tlc_gcp_setup",
    "tlc_parity",
    "tlc_course",
    "concurrency_tutorial",
    "tlc_bigquery_zones",
    "tlc_bigquery_summary",
    "tlc_lab",
    "tlc_bigquery_report",
}


def test_these_are_the_dags(dag_bag: Any) -> None:
    assert dag_bag.import_errors == {}
    assert set(dag_bag.dags) == DAG_IDS


# Each file in a process of its own, forked from one that has what Airflow itself imports.
PRINT_HEAVY = """
import json, os, runpy, sys
import airflow.sdk
from airflow.providers.common.compat.sdk import BaseHook

heavy, before = json.loads(sys.argv[1]), set(sys.modules)
for path in sys.argv[2:]:
    if os.fork() == 0:
        runpy.run_path(path)
        print(json.dumps([path, [each for each in heavy if each in set(sys.modules) - before]]), flush=True)
        os._exit(0)
    assert os.wait()[1] == 0, path
"""


def test_no_dag_file_imports_heavy_modules() -> None:
    words = [sys.executable, "-c", PRINT_HEAVY, json.dumps(HEAVY), *map(str, DAG_FILES)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = dict(json.loads(line) for line in done.stdout.splitlines() if line.startswith("["))
    assert found == {str(path): [] for path in DAG_FILES}


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.stem)
def test_a_dag_file_is_wiring(path: Path) -> None:
    _, *code = ast.parse(path.read_text()).body  # without its documentation
    text = "\n".join(map(ast.unparse, code))
    assert len(text.splitlines()) < 110
    assert not [other.stem for other in DAG_FILES if f"import {other.stem}" in text]
    assert not [word for word in ("SELECT ", "INSERT ", "open(", "requests") if word in text]


@pytest.mark.parametrize("dag_id", sorted(DAG_IDS))
def test_house_rules(dag_bag: Any, dag_id: str) -> None:
    dag = dag_bag.dags[dag_id]
    assert dag.catchup is (dag_id in TAXI_DAG_IDS | CLOUD_TAXI_DAG_IDS)
    assert dag.is_paused_upon_creation is True
    assert 1 <= dag.max_active_runs <= 16
    assert "tlc" in dag.tags, f"{dag_id}: tag it tlc, so that the UI's filter finds it"
    assert dag.doc_md, f"{dag_id}: give it doc_md"
    assert dag.description, f"{dag_id}: give it a description"
    assert notify_failure in callbacks_of(dag), f"{dag_id}: notify people when it fails"
    for task in dag.tasks:
        where = f"{dag_id}.{task.task_id}"
        assert task.doc_md, f"{where}: give the operator a docstring"
        # A run triggered by a task has tries of its own.
        triggers = where.startswith("tlc_range.") and where.endswith(".load")
        assert task.retries >= 1 or triggers, f"{where}: let it be tried again"
        assert task.retry_exponential_backoff == BACKOFF, f"{where}: back off"
        assert task.execution_timeout, f"{where}: give it an end"
        assert record_failure in callbacks_of(task), f"{where}: let its failure be recorded"


def callbacks_of(owner: Any) -> list[Any]:
    """A DAG's or a task's failure callbacks; Airflow keeps one, or a list."""
    found = owner.on_failure_callback
    return list(found) if isinstance(found, list | tuple) else [found]


@pytest.mark.parametrize("taxi", ["yellow", "green", "fhv", "fhvhv"])
def test_the_way_of_a_month(dag_bag: Any, taxi: str) -> None:
    dag = dag_bag.dags[f"tlc_postgres_{taxi}"]
    find = dag.get_task("find")
    assert find.downstream_task_ids >= {"download", "unchanged", "not_published"}
    order = [task.task_id for task in dag.topological_sort() if task.task_id in STEPS]
    assert order == STEPS
    checks = dag.task_group.children["check"].children
    assert {check: dag.get_task(check).downstream_task_ids for check in checks} == {
        "check_rows": {"merge"}, "check_oddities": {"merge"},
    }  # fmt: skip
    assert dag.get_task("clean_up").is_teardown
    assert dag.get_task("download").is_setup
    assert dag.get_task("merge").downstream_task_ids == {"clean_up"}


@pytest.mark.parametrize(
    ("month", "admitted"),
    [
        (None, True), ("2013-08", True), ("2021-01", True), ("2013-07", False),
        ("2021-13", False), ("2021-1", False), ("'; drop table", False), (202101, False),
    ],
)  # fmt: skip
def test_the_form_refuses_months_that_the_taxi_does_not_have(
    dag_bag: Any, month: object, admitted: bool
) -> None:
    params = deepcopy(dag_bag.dags["tlc_postgres_green"].params)
    if admitted:
        params["month"] = month
        assert params.validate()["month"] == month
    else:
        with pytest.raises(ParamValidationError):
            params["month"] = month


def test_a_month_that_is_none_is_refused_in_plain_words(dag_bag: Any) -> None:
    """The form shows the whole of it: no regular expression, no dump of the field's schema."""
    params = deepcopy(dag_bag.dags["tlc_postgres_green"].params)
    with pytest.raises(ParamValidationError) as refused:
        params["month"] = "2021-13"
    assert "'YYYY-MM, 2013-08 or later' was expected\n" in str(refused.value)
    assert "On instance:\n    '2021-13'" in str(refused.value)
    assert len(str(refused.value).splitlines()) == 7
    assert "^" not in str(refused.value)


@pytest.mark.parametrize(("name", "bad"), [("source", "ftp"), ("merge", "upsert"), ("force", "x")])
def test_the_form_refuses_unknown_choices(dag_bag: Any, name: str, bad: str) -> None:
    params = deepcopy(dag_bag.dags["tlc_postgres_yellow"].params)
    with pytest.raises(ParamValidationError, match=bad):
        params[name] = bad


@pytest.mark.parametrize("warehouse", Warehouse)
@pytest.mark.parametrize("taxi", Taxi)
def test_form_and_docs_say_who_needs_a_month_and_what_becomes_of_a_paused_dag_s_runs(
    dag_bag: Any, warehouse: Warehouse, taxi: Taxi
) -> None:
    dag = dag_bag.dags[warehouse.dag_id(taxi)]
    shown = dag.params.get_param("month").schema["description_md"]
    for text in ("**Trigger** needs it", "**Backfill**: leave it empty", "paused DAG stays queued"):
        assert text in shown
    assert "While this DAG is paused, its runs stay queued" in " ".join(dag.doc_md.split())


def test_ordinary_settings_of_a_task_are_respected() -> None:
    task = PostgresFindSensor(
        task_id="find", taxi="green", pool="few", max_active_tis_per_dag=2, queue="big"
    )  # fmt: skip
    assert (task.pool, task.max_active_tis_per_dag, task.queue) == ("few", 2, "big")


@pytest.mark.parametrize("dag_id", ["tlc_summary", "tlc_report"])
def test_summary_and_report_start_after_each_trips_table_s_asset(dag_bag: Any, dag_id: str) -> None:
    outlets = {
        asset.name
        for dag_id in TAXI_DAG_IDS
        for asset in dag_bag.dags[dag_id].get_task("merge").outlets
    }
    condition = dag_bag.dags[dag_id].timetable.asset_condition
    assert {asset.name for asset in condition.objects} == outlets
    assert outlets == {f"postgres/{taxi}_tripdata" for taxi in ("yellow", "green", "fhv", "fhvhv")}


def test_data_intervals_are_calendar_months(dag_bag: Any) -> None:
    from pendulum import datetime

    scheduled = _as_the_scheduler_sees_it(dag_bag.dags["tlc_postgres_green"])
    infos = scheduled.iter_dagrun_infos_between(datetime(2019, 1, 1), datetime(2019, 12, 1))
    intervals = [info.data_interval for info in infos]
    assert all(interval.end == interval.start.add(months=1) for interval in intervals)
    months = [interval.start.format("YYYY-MM") for interval in intervals]
    assert months == [f"2019-{number:02d}" for number in range(1, 13)]


def _as_the_scheduler_sees_it(dag: Any) -> Any:
    from airflow.serialization import serialized_objects

    serializer = getattr(serialized_objects, "DagSerialization", None)
    if serializer is None:  # Airflow 3.1
        serializer = serialized_objects.SerializedDAG
    return serializer.from_dict(serializer.to_dict(dag))


@pytest.mark.parametrize(("days", "asked_for"), [("90", True), ("", False)])
def test_a_dag_has_a_deadline_if_one_is_configured(
    load_dags: Callable[[Path], Any], monkeypatch: pytest.MonkeyPatch, days: str, asked_for: bool
) -> None:
    monkeypatch.setattr(import_module("nyc_tlc.wiring.dags"), "LATE_AFTER_DAYS", days)
    bag = load_dags(ROOT / "dags" / "tlc_postgres.py")
    assert [bool(dag.deadline) for dag in bag.dags.values()] == [asked_for] * 4


def test_bigquery_s_dags_can_be_left_out(
    load_dags: Callable[[Path], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By an environment variable, which costs nothing while a DAG file is parsed."""
    only = frozenset({Warehouse.POSTGRES})
    monkeypatch.setattr(import_module("nyc_tlc.wiring.dags"), "WAREHOUSES", only)
    monkeypatch.setattr(import_module("nyc_tlc.wiring.defaults"), "WAREHOUSES", only)
    bag = load_dags(ROOT / "dags")
    assert bag.import_errors == {}
    others = {"tlc_gcp_setup", "tlc_parity", "tlc_lab"}
    cloud = {each for each in DAG_IDS if each.startswith("tlc_bigquery_")} | others
    assert set(bag.dags) == DAG_IDS - cloud


def test_the_dag_that_a_newcomer_needs_says_start_here(dag_bag: Any) -> None:
    marked = [dag_id for dag_id, dag in dag_bag.dags.items() if "start here" in dag.tags]
    assert marked == ["tlc_postgres_green"]
    assert dag_bag.dags["tlc_postgres_green"].description.startswith("Start here: Trigger")


@pytest.mark.parametrize("warehouse", ["postgres", "bigquery"])
def test_a_task_builds_only_its_own_dag(
    load_dags: Callable[[Path], Any], monkeypatch: pytest.MonkeyPatch, warehouse: str
) -> None:
    from airflow.sdk.definitions.context import _AIRFLOW_PARSING_CONTEXT_DAG_ID

    mine = f"tlc_{warehouse}_green"
    monkeypatch.setenv(_AIRFLOW_PARSING_CONTEXT_DAG_ID, mine)
    assert list(load_dags(ROOT / "dags" / f"tlc_{warehouse}.py").dags) == [mine]


@pytest.mark.parametrize(
    ("param", "variable", "environment", "expected"),
    [
        ("default", None, None, "parquet"),
        ("default", None, "csv", "csv"),
        ("default", "csv", "parquet", "csv"),
        ("parquet", "csv", "csv", "parquet"),
        ("csv", None, None, "csv"),
    ],
)
def test_one_setting_chooses_the_source_and_a_param_overrides_it(
    dag_bag: Any, monkeypatch: pytest.MonkeyPatch,
    param: str, variable: str | None, environment: str | None, expected: str,
) -> None:  # fmt: skip
    """A schedule, catchup and a backfill have the params' defaults; a form and --conf set them."""
    from airflow.sdk.execution_time.context import VariableAccessor

    for name, value in (("TLC_SOURCE", environment), ("AIRFLOW_VAR_TLC_SOURCE", variable)):
        monkeypatch.delenv(name, raising=False)
        if value:
            monkeypatch.setenv(name, value)
    # A process reads the environment once; this reads the module as a new process does.
    template = run_path(str(import_module("nyc_tlc.wiring.defaults").__file__))["SOURCE"]
    find = dag_bag.dags["tlc_postgres_green"].get_task("find")
    values = {
        "params": {"source": param},
        "var": {"value": VariableAccessor(deserialize_json=False)},
    }
    assert find.render_template(template, values) == expected


@pytest.mark.parametrize("dag_id", sorted(TAXI_DAG_IDS | CLOUD_TAXI_DAG_IDS))
def test_a_dag_s_source_is_the_default_until_a_run_chooses(dag_bag: Any, dag_id: str) -> None:
    assert dag_bag.dags[dag_id].params["source"] == "default"
    assert dag_bag.dags[dag_id].get_task("find").source == SOURCE


def test_the_form_says_that_the_mirror_has_fhvhv(dag_bag: Any) -> None:
    form = dag_bag.dags["tlc_postgres_fhvhv"].params.get_param("source")
    said = form.schema["description_md"]
    assert "months of *fhv* and *fhvhv*" in said
    assert "no *fhvhv*" not in said

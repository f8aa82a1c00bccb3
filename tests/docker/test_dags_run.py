"""The container DAGs by a real Airflow, with a real engine: from a load to the page in the browser's
place, the tutorial with its sub-flow and its errors branch, and what stays of a task that is stopped.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
import requests

from dev.http_server import Answer, serve
from nyc_tlc.core.containers.sandbox import hand_over
from tests.support.products_api import AVERAGE_PRICES, BODY, CATEGORIES

ROOT = Path(__file__).parents[2]


pytestmark = pytest.mark.docker

DONE = {"success", "failed"}
MORE_MONTHS = ("2021-02", "2021-03")
DAG_IDS = ("tlc_postgres_green", "tlc_report", "products_tutorial", "products_tutorial_published")
PUBLISHED = "products_tutorial_published"
SLEEPING = """
from datetime import datetime, timedelta
from airflow.sdk import DAG
from nyc_tlc.operators.script import ScriptContainerOperator

with DAG("sleeping", schedule=None, start_date=datetime(2025, 1, 1), is_paused_upon_creation=False):
    command = ["python", "-c", "import time; time.sleep(300)"]
    ScriptContainerOperator(
        task_id="timed", image="{image}", command=command, execution_timeout=timedelta(seconds=5)
    )
    ScriptContainerOperator(task_id="stopped", image="{image}", command=command)
"""


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reports")
    hand_over(folder)
    return folder


@pytest.fixture(scope="module")
def airflow(
    images: None,
    base_image: str,
    postgres_socket: str,
    reports: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Any]:
    from dev import warehouse as server
    from tests.support.own_airflow import an_airflow

    home = tmp_path_factory.mktemp("airflow")
    more_dags = home / "more_dags"
    more_dags.mkdir()
    (more_dags / "sleeping.py").write_text(SLEEPING.replace("{image}", base_image))
    bundles = [
        {
            "name": name,
            "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
            "kwargs": {"path": str(path)},
        }
        for name, path in (("dags-folder", ROOT / "dags"), ("more", more_dags))
    ]
    source = {
        "conn_type": "nyc_tlc", "host": (ROOT / "dev" / "samples" / "trip-data").as_uri(),
    }  # fmt: skip
    with serve() as site:
        site.always = Answer(200, body=BODY)
        with an_airflow(
            home,
            AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST=json.dumps(bundles),
            AIRFLOW_CONN_TLC_POSTGRES=server.airflow_connection(postgres_socket),
            AIRFLOW_CONN_TLC_DEFAULT=json.dumps(source),
            AIRFLOW_CONN_PRODUCTS_API=json.dumps({"conn_type": "http", "host": site.base}),
            AIRFLOW_VAR_TLC_REPORTS=str(reports),
            TLC_START_MONTH="2098-01",
        ) as running:
            for dag_id in DAG_IDS:
                running.unpause(dag_id)
            yield running


def wait_for(what: str, found: Callable[[], Any], seconds: int = 240) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(1)
    pytest.fail(f"{what}: not within {seconds} s")


def trigger(airflow: Any, dag_id: str, **conf: Any) -> str:
    run = airflow.post(f"dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf})
    return f"dags/{dag_id}/dagRuns/{run['dag_run_id']}"


def pause(airflow: Any, dag_id: str, paused: bool) -> None:
    airflow._request("PATCH", f"dags/{dag_id}", {"is_paused": paused})


def ended(airflow: Any, path: str) -> str:
    return str(wait_for(path, lambda: (s := airflow.get(path)["state"]) in DONE and s))


def task_states(airflow: Any, path: str) -> dict[str, str]:
    tasks = airflow.get(f"{path}/taskInstances")["task_instances"]
    return {task["task_id"]: task["state"] for task in tasks}


def output(airflow: Any, path: str, task_id: str) -> Any:
    return airflow.get(f"{path}/taskInstances/{task_id}/xcomEntries/return_value")["value"]


def log_of(airflow: Any, path: str, task_id: str) -> str:
    return json.dumps(airflow.get(f"{path}/taskInstances/{task_id}/logs/1"))


def runs(airflow: Any, dag_id: str) -> list[dict[str, Any]]:
    return list(airflow.get(f"dags/{dag_id}/dagRuns")["dag_runs"])


def test_a_load_starts_its_report_which_people_with_a_login_can_see(
    airflow: Any, reports: Path
) -> None:
    assert ended(airflow, trigger(airflow, "tlc_postgres_green", month="2021-01")) == "success"
    [run] = wait_for("the report's run", lambda: runs(airflow, "tlc_report"))
    path = f"dags/tlc_report/dagRuns/{run['dag_run_id']}"
    assert run["run_type"] == "asset_triggered"
    assert ended(airflow, path) == "success"
    folder = reports / "green" / "2021-01"
    assert {file.name for file in folder.iterdir()} == {
        "days.csv", "zones.csv", "report.png", "thumbnail.png", "report.json",
    }  # fmt: skip

    links = airflow.get(f"{path}/taskInstances/report.draw/links", map_index=0)["extra_links"]
    assert links == {"Report": "/tlc/reports/green/2021-01/"}
    page = f"{airflow.url}{links['Report']}"
    for url in (page, f"{page}report.png", f"{airflow.url}/tlc/reports/"):
        assert requests.get(url, timeout=30).status_code == 401
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {airflow._token()}"
    assert "Zones" in session.get(page, timeout=30).text
    picture = session.get(f"{page}report.png", timeout=30)
    assert picture.content == (folder / "report.png").read_bytes()
    assert picture.headers["Content-Type"] == "image/png"
    assert "green/2021-01/" in session.get(f"{airflow.url}/tlc/reports/", timeout=30).text
    for bad in ("trips.parquet", "..%2F..%2Fpasswords.json", ".hidden"):
        assert session.get(f"{page}{bad}", timeout=30).status_code in (404, 422)
    assert session.get(page.replace("2021-01", "2021-02"), timeout=30).status_code == 404


def test_the_cookie_of_the_ui_opens_the_page_too(airflow: Any) -> None:
    session = requests.Session()
    session.cookies.set("_token", airflow._token())
    assert session.get(f"{airflow.url}/tlc/reports/", timeout=30).ok


def test_months_that_were_loaded_while_nobody_was_told_are_reported_too(
    airflow: Any, reports: Path
) -> None:
    pause(airflow, "tlc_report", True)
    loads = [trigger(airflow, "tlc_postgres_green", month=month) for month in MORE_MONTHS]
    assert [ended(airflow, load) for load in loads] == ["success", "success"]
    pause(airflow, "tlc_report", False)
    assert ended(airflow, trigger(airflow, "tlc_report")) == "success"
    for month in MORE_MONTHS:
        assert (reports / "green" / month / "report.png").is_file()


def test_a_report_by_hand_of_a_month_that_is_not_loaded_is_skipped(airflow: Any) -> None:
    path = trigger(airflow, "tlc_report", taxi="green", month="2030-01")
    assert ended(airflow, path) == "success"
    assert task_states(airflow, path)["report.draw"] == "skipped"
    path = trigger(airflow, "tlc_report", taxi="green")
    assert ended(airflow, path) == "failed"
    assert "MonthError:\\n  Only the taxi was given" in log_of(airflow, path, "months")


def test_the_tutorial_with_its_defaults(airflow: Any, reports: Path) -> None:
    assert runs(airflow, "products_tutorial") == [], "unpausing it must not start a run"
    path = trigger(airflow, "products_tutorial")
    assert ended(airflow, path) == "success"
    assert set(task_states(airflow, path).values()) == {"success", "skipped"}
    assert task_states(airflow, path)["explain"] == "skipped"
    assert output(airflow, path, "extract") == {"total": 194, "bytes": len(BODY)}
    answer = output(airflow, path, "summary.average_price_by_brand")
    assert answer["first"] == AVERAGE_PRICES
    assert "1899.99" in log_of(airflow, path, "summary.average_price_by_brand")
    assert (reports / "products" / "average_price_by_brand.csv").is_file()
    categories = output(airflow, path, "summary.products_by_category")["first"]
    assert {row["category"]: row["products"] for row in categories} == CATEGORIES

    [run] = wait_for("the sub-flow", lambda: runs(airflow, PUBLISHED))
    assert run["run_type"] == "asset_triggered"
    path = f"dags/{PUBLISHED}/dagRuns/{run['dag_run_id']}"
    assert ended(airflow, path) == "success"
    assert output(airflow, path, "say") == "3 brands among 194 products"


def test_the_tutorial_with_other_inputs(airflow: Any, reports: Path) -> None:
    before = len(runs(airflow, PUBLISHED))
    inputs = {"columns_to_keep": ["title", "brand", "price"], "format": "json", "publish": False}
    path = trigger(airflow, "products_tutorial", **inputs)
    assert ended(airflow, path) == "success"
    assert task_states(airflow, path)["publish"] == "skipped"
    assert len(runs(airflow, PUBLISHED)) == before
    kept = json.loads((reports / "products" / "script" / "kept.json").read_text())
    assert list(kept[0]) == inputs["columns_to_keep"]


def test_the_tutorial_takes_its_errors_branch(airflow: Any) -> None:
    path = trigger(airflow, "products_tutorial", columns_to_keep=["colour"])
    assert ended(airflow, path) == "failed"
    states = task_states(airflow, path)
    assert states["transform"] == states["explain"] == "failed"
    assert states["summary.average_price_by_brand"] == "upstream_failed"
    assert states["summary.products_by_category"] == "success"
    log = log_of(airflow, path, "transform")
    assert "ScriptInputError" in log
    assert "No product has ['colour']" in log


def test_inputs_of_the_wrong_type_are_refused(airflow: Any) -> None:
    address = '{"path": "//169.254.169.254/latest"}'
    for bad in ('{"limit": "many"}', '{"columns_to_keep": []}', '{"format": "xlsx"}', address):
        with pytest.raises(RuntimeError, match="ParamValidationError"):
            airflow.cli("dags", "trigger", "products_tutorial", "--conf", bad)


def test_neither_a_timeout_nor_a_stop_from_the_ui_leaves_a_container(
    airflow: Any, engine: docker.DockerClient
) -> None:
    path = trigger(airflow, "sleeping")

    def names() -> set[str]:
        ours = engine.containers.list(all=True, filters={"label": f"nyc-tlc.run=sleeping {run_id}"})
        return {container.labels["nyc-tlc.task"] for container in ours}

    run_id = path.rsplit("/", 1)[1]
    wait_for("the container", lambda: "stopped" in names())
    wait_for("the timeout", lambda: task_states(airflow, path)["timed"] == "failed")
    wait_for("the timed container's end", lambda: names() == {"stopped"}, 30)
    airflow._request("PATCH", f"{path}/taskInstances/stopped", {"new_state": "failed"})
    wait_for("the stopped container's end", lambda: names() == set(), 60)

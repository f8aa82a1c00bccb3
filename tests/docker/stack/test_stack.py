"""The stack as a user has it: up, months loaded and looked at, scripts run in containers, down."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
import requests
from browser import (
    log_in_to_airflow,
    log_in_to_pgadmin,
    look_at_rows,
    node,
    open_in_tree,
    page,
    picture,
)
from env_file import SECRETS
from stack_under_test import Stack

from nyc_tlc.core.containers.sandbox import IMAGES
from tests.support.missing import browser
from tests.support.products_api import AVERAGE_PRICES

pytestmark = [pytest.mark.e2e, pytest.mark.docker]

DAG_ID = "tlc_postgres_green"
MONTHS = ("2021-01", "2021-02")
PRODUCTS_HOST = "http://trip-files:8000"
LINEAGE = "/opt/airflow/logs/lineage.json"  # compose.test.yaml
ENDED = {"success", "failed"}
SERVICES = (
    "api-server", "scheduler", "dag-processor", "triggerer", "metadata", "warehouse", "pgadmin",
    "socket-proxy",
)  # fmt: skip


@pytest.fixture(scope="module")
def running(stack: Stack, images: None) -> Stack:
    """All of it. First the databases alone, with other passwords, as if .env had been made anew."""
    stack.up("roles", "pgadmin")
    stack.make_secrets()
    began = time.monotonic()
    stack.up()
    print(f"the stack was up in {time.monotonic() - began:.0f} s")
    return stack


@pytest.fixture(scope="module")
def airflow(running: Stack) -> Any:
    return running.airflow()


@pytest.fixture(scope="module")
def loaded(running: Stack, airflow: Any) -> list[dict[str, Any]]:
    """Two months, by a backfill over REST; the runs, when they have ended."""
    unpause(airflow, DAG_ID)
    airflow.post(
        "backfills",
        {
            "dag_id": DAG_ID, "from_date": f"{MONTHS[0]}-01T00:00:00Z",
            "to_date": f"{MONTHS[-1]}-01T00:00:00Z", "max_active_runs": 2,
        },
    )  # fmt: skip

    def done() -> list[dict[str, Any]]:
        runs = airflow.get(f"dags/{DAG_ID}/dagRuns", run_type="backfill")["dag_runs"]
        return [run for run in runs if run["state"] in ENDED]

    return list(wait_for("two backfill runs", lambda: len(done()) == 2 and done(), running))


def test_every_service_is_healthy_and_the_one_shots_have_ended(running: Stack) -> None:
    assert health(running) == dict.fromkeys(SERVICES, "healthy")
    for name in ("roles", "init"):
        state = states(running)[name]
        assert (state["State"], state["ExitCode"]) == ("exited", 0)


def test_pools_connections_and_variables_are_declared(airflow: Any) -> None:
    connection = airflow.get("connections/tlc_postgres")
    assert (connection["host"], connection["login"]) == ("warehouse", "loader")
    assert airflow.get("variables/tlc_landing")["value"] == "file:///opt/airflow/landing"
    assert airflow.get("pools/tlc")["slots"] == 8
    assert airflow.get("importErrors")["total_entries"] == 0


def test_two_months_load_by_backfill_and_the_reader_sees_them(
    running: Stack, loaded: list[dict[str, Any]], trip_files: Path
) -> None:
    assert [run["state"] for run in loaded] == ["success", "success"], running.explain()
    published = [
        f"{month}|{pyarrow.parquet.read_metadata(file(trip_files, month)).num_rows}"
        for month in MONTHS
    ]
    query = (
        "SELECT to_char(file_month, 'YYYY-MM'), count(*) FROM green_tripdata GROUP BY 1 ORDER BY 1"
    )
    assert running.psql(query) == published


def test_the_reader_can_change_nothing(running: Stack, loaded: Any) -> None:
    for statement in (
        "DELETE FROM green_tripdata",
        "SET default_transaction_read_only = off; DELETE FROM green_tripdata",
        "SET default_transaction_read_only = off; CREATE TABLE mine (a int)",
    ):
        with pytest.raises(AssertionError, match="permission denied|read-only transaction"):
            running.psql(statement)


def test_a_task_s_log_can_be_read_in_the_ui(airflow: Any, loaded: list[dict[str, Any]]) -> None:
    """The services believe one another's tokens, and share the logs."""
    run = loaded[0]["dag_run_id"]
    log = airflow.get(f"dags/{DAG_ID}/dagRuns/{run}/taskInstances/merge/logs/1")
    assert "merge" in json.dumps(log["content"])


def test_a_report_is_drawn_in_a_container_that_the_proxy_lets_through(
    running: Stack, airflow: Any, loaded: Any
) -> None:
    unpause(airflow, "tlc_report")
    run = trigger(running, "tlc_report", taxi="green", month=MONTHS[0])
    assert run["state"] == "success", running.explain()
    report = f"/opt/airflow/reports/green/{MONTHS[0]}/report.png"
    assert int(running.compose("exec", "-T", "api-server", "stat", "-c", "%s", report)) > 10_000
    assert "/containers/create 201" in running.compose("logs", "socket-proxy")


def test_airflow_in_a_browser(running: Stack, loaded: Any) -> None:
    browser()
    settings = running.settings
    with page() as opened:
        url = f"http://127.0.0.1:{settings['AIRFLOW_PORT']}"
        log_in_to_airflow(opened, url, settings["AIRFLOW_ADMIN_PASSWORD"])
        opened.get_by_text("Welcome").wait_for()
        opened.wait_for_timeout(2000)
        picture(opened, "stack-airflow")
        opened.goto(f"{url}/dags")
        opened.get_by_text(DAG_ID, exact=True).first.wait_for()


def test_pgadmin_in_a_browser_opens_both_servers_without_a_password(
    running: Stack, loaded: Any
) -> None:
    browser()
    settings = running.settings
    with page() as opened:
        url = f"http://127.0.0.1:{settings['PGADMIN_PORT']}"
        log_in_to_pgadmin(opened, url, settings["PGADMIN_EMAIL"], settings["PGADMIN_PASSWORD"])
        tables = ("warehouse (trips)", "Databases", "nyc_tlc", "Schemas", "public", "Tables")
        open_in_tree(opened, "Servers", *tables, "green_tripdata")
        look_at_rows(opened, "green_tripdata")
        rows = opened.frame_locator("iframe").get_by_text("Showing rows: 1 to 100")
        rows.wait_for()
        node(opened, "metadata (Airflow's own)").dblclick()
        opened.locator(".file-name", has_text="Databases").nth(1).wait_for()
        opened.wait_for_timeout(3000)
        picture(opened, "stack-pgadmin")
        assert opened.locator("input[type=password]:visible").count() == 0


def test_pgadmin_works_behind_a_forwarded_port(running: Stack) -> None:
    """As the browser of a Codespace asks: another host, and TLS that ends before the machine."""
    settings, host = running.settings, "name-5050.app.github.dev"
    url = f"http://127.0.0.1:{settings['PGADMIN_PORT']}"
    session = requests.Session()
    session.headers.update(
        {"X-Forwarded-Host": host, "X-Forwarded-Proto": "https", "Referer": f"https://{host}/"}
    )
    [token] = re.findall(r'"csrfToken": "([^"]+)"', session.get(f"{url}/login", timeout=60).text)
    form = {
        "email": settings["PGADMIN_EMAIL"], "password": settings["PGADMIN_PASSWORD"],
        "csrf_token": token, "internal_button": "Login",
    }  # fmt: skip
    session.post(f"{url}/authenticate/login", form, allow_redirects=False, timeout=60)
    session.headers["X-pgA-CSRFToken"] = token
    setting = {"setting": "Tree/State", "value": "[]"}
    answer = session.post(f"{url}/settings/store", setting, timeout=60)
    assert answer.status_code == 200, answer.text[:500]


@pytest.fixture(scope="module")
def workers(running: Stack, loaded: Any) -> Stack:
    """The same stack with the celery profile; what does not differ is left as it runs."""
    began = time.monotonic()
    running.set(COMPOSE_PROFILES="celery", AIRFLOW_EXECUTOR="CeleryExecutor")
    running.up("--no-deps", "redis", "worker", "scheduler")
    print(f"the stack went over to Celery in {time.monotonic() - began:.0f} s")
    return running


def test_the_celery_profile_is_healthy_as_a_whole(workers: Stack) -> None:
    assert health(workers) == dict.fromkeys((*SERVICES, "redis", "worker"), "healthy")


def test_the_tutorial_runs_on_the_worker_and_its_script_in_a_container(workers: Stack) -> None:
    airflow = workers.airflow()
    products = {"connection_id": "products_api", "conn_type": "http", "host": PRODUCTS_HOST}
    airflow._request("PATCH", "connections/products_api", products)
    for dag_id in ("products_tutorial_published", "products_tutorial"):
        unpause(airflow, dag_id)
    runs = "dags/products_tutorial/dagRuns"
    run = airflow.post(runs, {"logical_date": None})
    run = ended(workers, "products_tutorial", run["dag_run_id"])
    assert run["state"] == "success", workers.explain()
    path = f"{runs}/{run['dag_run_id']}/taskInstances"
    answer = f"{path}/summary.average_price_by_brand/xcomEntries/return_value"
    assert airflow.get(answer)["value"]["first"] == AVERAGE_PRICES
    published = "dags/products_tutorial_published/dagRuns"
    [started] = wait_for("the sub-flow", lambda: airflow.get(published)["dag_runs"], workers)
    started = ended(workers, "products_tutorial_published", started["dag_run_id"])
    assert started["state"] == "success"
    worker = workers.compose("exec", "-T", "worker", "printenv", "HOSTNAME").strip()
    tasks = airflow.get(path)["task_instances"]
    assert {task["hostname"] for task in tasks if task["state"] == "success"} == {worker}


def test_nothing_that_the_runs_left_shows_a_secret(workers: Stack) -> None:
    """Each place also has something that is not a secret, so that an empty one does not pass."""
    secrets = [workers.settings[name] for name in SECRETS]
    for place, (text, expected) in remains(workers).items():
        assert expected in text, f"{place} has nothing of the runs"
        shown = [name for name, secret in zip(SECRETS, secrets, strict=True) if secret in text]
        assert shown == [], f"{place} shows {shown}"


def remains(stack: Stack) -> dict[str, tuple[str, str]]:
    """Logs, databases, lineage, files, answers and images; and a text that each has."""
    airflow, run = stack.airflow(), "~/dagRuns"
    pages = [
        "connections", "variables", "pools", "config", "plugins", "providers", "importErrors", "eventLogs",
        "assets/events", f"dags/{run}", f"dags/{run}/~/taskInstances", "dagSources/tlc_postgres_green",
        f"dags/{run}/~/taskInstances/~/xcomEntries", "jobs", "dagWarnings", "monitor/health",
    ]  # fmt: skip
    dump = ("exec", "-T", "metadata", "pg_dump", "-U", "postgres", "airflow")
    trips = ("exec", "-T", "warehouse", "pg_dump", "-U", "postgres", "nyc_tlc")
    files = "find logs landing reports -type f ! -name '*.parquet' ! -name '*.png' -print -exec cat {} ';'"
    return {
        "what services print": (stack.compose("logs", "--no-color"), "/containers/create 201"),
        "Airflow's database": (stack.compose(*dump), DAG_ID),
        "the ledger": (stack.compose(*trips, "--exclude-table-data=*_tripdata*"), "tlc_load"),
        "files": (stack.compose("exec", "-T", "api-server", "sh", "-c", files), "run_id="),
        "lineage": (stack.compose("exec", "-T", "worker", "cat", LINEAGE), '"eventType"'),
        "script tasks' images": (stack.images(*IMAGES.values()), "trip_report"),
        "Airflow's image": (stack.images(stack.settings["AIRFLOW_IMAGE"]), "uv pip install"),
        **{page: (answer_of(airflow, page), "") for page in pages},
    }


def answer_of(airflow: Any, page: str) -> str:
    """What the REST API shows to an admin; an error's text counts too."""
    try:
        return json.dumps(airflow.get(page))
    except requests.HTTPError as error:
        return str(error.response.text)


def test_down_leaves_nothing(running: Stack) -> None:
    running.remove()
    assert running.left() == {"containers": [], "networks": [], "volumes": []}


def states(stack: Stack) -> dict[str, dict[str, Any]]:
    """By service, what Compose says of its container."""
    listed = stack.compose("ps", "--all", "--format", "json").splitlines()
    return {each["Service"]: each for each in map(json.loads, listed)}


def health(stack: Stack) -> dict[str, str]:
    """Of the services that are to stay up; the test's own has no health check."""
    once = ("roles", "init", "trip-files")
    return {name: each["Health"] for name, each in states(stack).items() if name not in once}


def file(trip_files: Path, month: str) -> Path:
    return trip_files / "trip-data" / f"green_tripdata_{month}.parquet"


def unpause(airflow: Any, dag_id: str) -> None:
    airflow._request("PATCH", f"dags/{dag_id}", {"is_paused": False})


def trigger(stack: Stack, dag_id: str, **conf: Any) -> dict[str, Any]:
    """A run by hand, when it has ended."""
    airflow = stack.airflow()
    run = airflow.post(f"dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf})
    return ended(stack, dag_id, run["dag_run_id"])


def ended(stack: Stack, dag_id: str, run_id: str) -> dict[str, Any]:
    airflow, path = stack.airflow(), f"dags/{dag_id}/dagRuns/{run_id}"
    return dict(wait_for(path, lambda: (r := airflow.get(path))["state"] in ENDED and r, stack))


def wait_for(what: str, found: Callable[[], Any], stack: Stack, seconds: int = 300) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(2)
    pytest.fail(f"{what}: not within {seconds} s\n{stack.explain()}")

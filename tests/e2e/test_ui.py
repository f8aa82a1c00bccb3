"""Airflow's web UI in a browser: the forms of a taxi's DAG, of a backfill, and of tlc_range; and the
page Taxi months.

``make screenshots`` runs these tests and saves their screenshots in docs/images.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from test_backfill import DONE, wait_for

from tests.support.airflow_in_browser import (
    check_the_source,
    load_what_a_year_lacks,
    logged_in,
    open_months,
)
from tests.support.many_months import fill_ledger, source_check

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, ViewportSize

pytestmark = pytest.mark.e2e

SIZE: ViewportSize = {"width": 1280, "height": 900}
DAG_ID = "tlc_postgres_yellow"
MONTHS = ("2021-01", "2021-02", "2021-03")


@pytest.fixture(scope="module")
def browser_page(airflow: Any, publish_made_up: Callable[..., None]) -> Iterator[Page]:
    """A page that is logged in; three yellow months are published."""
    for month in MONTHS:
        publish_made_up("yellow", month, rows=2000)
    with logged_in(airflow, airflow.user, airflow.password) as page:
        page.set_viewport_size(SIZE)
        yield page


@pytest.fixture
def keep(browser_page: Page, tmp_path: Path) -> Callable[[str], None]:
    """Keeps what the page looks like now."""
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path))

    def screenshot(name: str) -> None:
        browser_page.wait_for_timeout(1500)  # animations
        path = folder / f"{name}.png"
        browser_page.screenshot(path=path)
        assert path.stat().st_size < 200_000

    return screenshot


def test_the_form_loads_a_month(
    airflow: Any, browser_page: Page, keep: Callable[[str], None]
) -> None:
    form = open_form(airflow, browser_page, DAG_ID)
    form.locator("input[name=element_month]").fill("2021-01")
    for message in ("2009-01 or later", "TLC's Parquet", "If the month is not published yet"):
        assert message in form.inner_text()
    keep("trigger-month")
    form.get_by_role("button", name="Trigger", exact=True).click()
    browser_page.wait_for_url("**/runs/*")
    run = wait_for_run(airflow, DAG_ID, browser_page.url)
    assert run["state"] == "success"
    assert run["conf"]["month"] == "2021-01"

    browser_page.set_viewport_size({"width": 1600, "height": 640})
    browser_page.goto(f"{airflow.url}/dags/{DAG_ID}/runs/{run['dag_run_id']}")
    show_graph(browser_page)
    assert browser_page.get_by_text("check_oddities").first.is_visible()
    keep("dag")
    browser_page.set_viewport_size(SIZE)


def test_the_backfill_form_names_each_run_by_its_month(
    airflow: Any, browser_page: Page, keep: Callable[[str], None]
) -> None:
    form = open_form(airflow, browser_page, DAG_ID)
    form.get_by_text("Backfill", exact=True).first.click()  # the form's text names it too
    for day in ("2021/02/01", "2021/03/01"):
        form.get_by_text("Select date and time").first.click()
        picker = browser_page.locator("[data-scope=popover][data-state=open]").last
        picker.get_by_placeholder("YYYY/MM/DD").fill(day)
        picker.get_by_placeholder("HH:mm").fill("00:00")
        browser_page.keyboard.press("Tab")
        browser_page.keyboard.press("Escape")
    form.get_by_text("2 runs will be triggered.").wait_for()
    form.locator("input[name=max_active_runs]").fill("2")
    keep("backfill")
    form.get_by_role("button", name="Run Backfill").click()

    def backfilled() -> list[dict[str, Any]]:
        runs = airflow.get(f"dags/{DAG_ID}/dagRuns", run_type="backfill", limit=100)["dag_runs"]
        ours = [run for run in runs if run["data_interval_start"][:7] in MONTHS]
        return ours if len(ours) == 2 and all(run["state"] in DONE for run in ours) else []

    runs = wait_for("the backfill", backfilled, 300)
    airflow.close_backfills(DAG_ID)
    assert {run["state"] for run in runs} == {"success"}
    assert {run["note"] for run in runs} == {"2021-02", "2021-03"}


def test_the_range_form_ends_with_a_table(
    airflow: Any, browser_page: Page, keep: Callable[[str], None]
) -> None:
    airflow.unpause(DAG_ID)
    form = open_form(airflow, browser_page, "tlc_range")
    choices = form.locator("input[role=combobox]")
    browser_page.set_viewport_size({"width": 1280, "height": 1190})
    form.get_by_label("Remove green").click()
    choose(browser_page, choices.nth(1), "yellow")
    choose(browser_page, choices.nth(5), "March")
    keep("trigger-range")
    browser_page.set_viewport_size(SIZE)
    form.get_by_role("button", name="Trigger", exact=True).click()
    browser_page.wait_for_url("**/runs/*")
    run = wait_for_run(airflow, "tlc_range", browser_page.url)
    assert run["state"] == "success"
    assert run["conf"]["taxis"] == ["yellow"]

    place = f"{airflow.url}/dags/tlc_range/runs/{run['dag_run_id']}/tasks"
    browser_page.goto(f"{place}/yellow.load/mapped")
    browser_page.get_by_text("yellow 2021-03").first.wait_for()
    browser_page.goto(f"{place}/summary")
    browser_page.get_by_text("What became of each month").first.wait_for()
    for month in MONTHS:
        assert browser_page.get_by_text(f"yellow  {month}").first.is_visible()
    keep("range-summary")


def test_the_page_of_all_months_loads_what_a_year_lacks(
    airflow: Any,
    browser_page: Page,
    publish_made_up: Callable[..., None],
    warehouse: psycopg.Connection[Any],
    keep: Callable[[str], None],
) -> None:
    """In Airflow's own frame, with the session of the login alone."""
    for month in ("2019-02", "2019-03"):
        publish_made_up("fhvhv", month, rows=500)
    airflow.unpause("tlc_postgres_fhvhv")
    refused: list[str] = []
    browser_page.on(
        "console", lambda line: refused.append(line.text) if line.type == "error" else None
    )
    browser_page.set_viewport_size({"width": 1440, "height": 900})
    months = open_months(airflow, browser_page)
    check_the_source(months, "fhvhv", published="2019-02")
    assert months.locator("#fhvhv-2019-04").get_attribute("data-state") == "not published"
    load_what_a_year_lacks(months, "fhvhv", ["2019-02", "2019-03"])
    runs = airflow.get("dags/tlc_postgres_fhvhv/dagRuns", limit=100)["dag_runs"]
    assert sorted(run["conf"]["month"] for run in runs) == ["2019-02", "2019-03"]

    # By keyboard.
    february, march = (months.locator(f"#fhvhv-2019-0{number}") for number in (2, 3))
    february.focus()
    browser_page.keyboard.press("ArrowRight")
    browser_page.keyboard.press("Enter")
    panel = months.locator("#panel")
    panel.get_by_role("heading", name="March 2019").wait_for()
    panel.get_by_text("SHA-256").wait_for()
    assert "500" in panel.inner_text()
    if "SCREENSHOTS" in os.environ:
        fill_ledger(warehouse)
        airflow.patch(
            "variables/tlc_source_check", {"key": "tlc_source_check", "value": source_check()}
        )
        browser_page.reload()
        months.locator("#green-2026-05[data-state=failed]").wait_for()
        keep("months")
    browser_page.evaluate("localStorage.setItem('theme', 'dark')")
    browser_page.reload()
    march.click()
    panel.get_by_text("SHA-256").wait_for()
    keep("months-dark")
    browser_page.evaluate("localStorage.setItem('theme', 'light')")
    assert not [line for line in refused if "Content Security Policy" in line]

    # A link leaves the frame.
    panel.get_by_role("link", name="manual__").first.click()
    browser_page.wait_for_url("**/dags/tlc_postgres_fhvhv/runs/manual__*")
    browser_page.set_viewport_size(SIZE)


def open_form(airflow: Any, page: Page, dag_id: str) -> Locator:
    page.goto(f"{airflow.url}/dags/{dag_id}")
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Trigger").first.click()
    form = page.locator("[role=dialog][data-scope=dialog]")
    form.get_by_text("Run Parameters").wait_for()
    return form


def choose(page: Page, select: Locator, words: str) -> None:
    select.click()
    page.keyboard.type(words)
    page.get_by_role("option", name=words).first.wait_for()
    page.keyboard.press("Enter")


def show_graph(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    page.get_by_label("Show Graph").first.click()
    page.get_by_label("Expand all task groups").click()
    page.locator(".react-flow__node").get_by_text("success").nth(4).wait_for()


def wait_for_run(airflow: Any, dag_id: str, url: str) -> dict[str, Any]:
    from urllib.parse import unquote

    path = f"dags/{dag_id}/dagRuns/{unquote(url.split('/runs/')[1].split('?')[0])}"
    return dict(wait_for(path, lambda: (run := airflow.get(path))["state"] in DONE and run, 300))

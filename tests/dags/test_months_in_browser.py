"""The page *Taxi months* in a browser, on a ledger in which each state is. ``SCREENSHOTS`` keeps pictures."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from nyc_tlc.core.months import State
from tests.support.app_in_browser import ADDRESS, keep, opened, violations
from tests.support.months_page import Ledger, months_client, with_800_months, with_every_state

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.dags


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def client(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Any:
    client = months_client(ledger, monkeypatch)
    with_every_state(ledger, monkeypatch)
    return client


def test_axe_finds_nothing_in_any_state_in_the_panel_and_in_the_dialog(
    client: Any,
) -> None:
    with opened(client) as page:
        page.goto(f"{ADDRESS}/months/")
        page.locator("#green-2021-01").click()
        page.locator("#details dl").first.wait_for()
        states = page.locator(".cell").evaluate_all(
            "cells => cells.map(each => each.dataset.state)"
        )
        assert set(states) == set(State)
        keep(page, "months-states")
        assert violations(page) == []
        page.locator("#green-2021-12").click(modifiers=["Shift"])
        page.locator("#load").click()
        page.locator("#unpause").wait_for()
        assert violations(page) == []


def test_months_are_selected_by_dragging_and_by_shift_click(client: Any) -> None:
    with opened(client) as page:
        page.goto(f"{ADDRESS}/months/")
        drag(page, "#green-2021-11", "#green-2022-03")
        assert selected(page) == [
            "green-2021-11", "green-2021-12", "green-2022-01", "green-2022-02", "green-2022-03"
        ]  # fmt: skip
        panel = page.locator("#panel")
        panel.get_by_role("heading", name="November 2021 to March 2022").wait_for()
        panel.get_by_role("button", name="Load 5 months").wait_for()
        assert page.evaluate("document.activeElement.id") == "green-2022-03"

        drag(page, "#green-2021-02", "#green-2021-01")  # backwards
        panel.get_by_role("heading", name="January 2021 to February 2021").wait_for()
        drag(page, "#fhv-2021-02", "#green-2021-06")  # of two taxis: nothing is selected
        assert selected(page) == ["green-2021-01", "green-2021-02"]

        page.locator("#green-2021-01").click()
        page.locator("#green-2021-03").click(modifiers=["Shift"])
        assert selected(page) == ["green-2021-01", "green-2021-02", "green-2021-03"]
        page.keyboard.press("Escape")
        assert selected(page) == []
        assert panel.is_hidden()


def test_a_running_month_shows_how_many_of_its_tasks_have_ended(client: Any) -> None:
    with opened(client) as page:
        page.goto(f"{ADDRESS}/months/")
        cell = page.get_by_role("gridcell", name="August 2021: running, 5 of 12 tasks ended")
        cell.click()
        page.get_by_role("link", name="Active run").wait_for()
        assert "5 of 12 tasks ended" in page.locator("#panel").inner_text()
        done = cell.evaluate("cell => getComputedStyle(cell).getPropertyValue('--ended')")
        assert done == "42%"


def drag(page: Page, start: str, end: str) -> None:
    page.locator(start).hover()
    page.mouse.down()
    page.locator(end).hover()
    page.mouse.up()


def selected(page: Page) -> list[str]:
    ids = page.locator("[aria-selected=true]").evaluate_all("cells => cells.map(each => each.id)")
    return sorted(ids)


def test_eight_hundred_months_cost_less_than_a_second(
    ledger: Ledger, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In CPU time of the server and of the page, which other work on the machine does not change much."""
    asked = with_800_months(ledger, client, monkeypatch)
    client.get("/months/data")  # the first imports and connects
    asked.clear()
    began = time.process_time()
    answer = client.get("/months/data")
    server = time.process_time() - began
    assert sum(len(taxi["months"]) for taxi in answer.json()["taxis"]) == 800
    assert asked == ["ledger", "runs"]
    with opened(client) as page:
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(f"{ADDRESS}/months/")
        page.locator("#fhvhv-2030-10[data-state=loaded]").wait_for()
        assert page.locator(".cell").count() == 800
        metrics = session.send("Performance.getMetrics")["metrics"]
        [browser] = [each["value"] for each in metrics if each["name"] == "TaskDuration"]
    print(f"server {server:.3f} s, page {browser:.3f} s")
    assert server + browser < 1

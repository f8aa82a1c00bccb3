"""A real Airflow's UI in a browser, and the page *Taxi months* in Airflow's own frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.support.app_in_browser import FLAGS
from tests.support.missing import browser as browser_program

if TYPE_CHECKING:
    from playwright.sync_api import FrameLocator, Page


@contextmanager
def logged_in(airflow: Any, user: str, password: str) -> Iterator[Page]:
    program = browser_program()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(60_000)
        page.goto(airflow.url)
        page.fill("input[name=username]", user)
        page.fill("input[name=password]", password)
        page.click("button[type=submit]")
        page.wait_for_url(lambda url: "login" not in url)
        try:
            yield page
        finally:
            browser.close()


def open_months(airflow: Any, page: Page) -> FrameLocator:
    page.goto(f"{airflow.url}/plugin/taxi-months")
    return page.frame_locator("iframe[title='Taxi months']")


def check_the_source(months: FrameLocator, taxi: str, published: str) -> None:
    """Nobody has asked it yet; then the page knows that a month is published."""
    month = months.locator(f"#{taxi}-{published}")
    month.and_(months.locator("[data-state=unknown]")).wait_for()
    months.get_by_role("button", name="Check now").click()
    months.get_by_label("Unpause tlc_source").check()
    months.locator("#confirm").click()
    month.and_(months.locator("[data-state=missing]")).wait_for(timeout=180_000)
    assert months.locator("#source").inner_text().startswith("Source checked ")


def load_what_a_year_lacks(months: FrameLocator, taxi: str, lacking: Sequence[str]) -> None:
    """Two clicks; then the cells turn green."""
    year = lacking[0][:4]
    load = months.locator(f"#load-{taxi}-{year}")
    count = len(lacking)
    assert load.get_attribute("aria-label") == f"Load {count} months of {year} that are not loaded"
    load.click()
    assert f"{count} months of " in months.locator("dialog").inner_text()
    months.locator("#confirm").click()
    for month in lacking:
        cell = months.locator(f"#{taxi}-{month}")
        cell.and_(months.locator("[data-state=loaded]")).wait_for(timeout=300_000)

"""Airflow and pgAdmin in a real browser, without a window."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.support.missing import browser as program

SCREENSHOTS = os.environ.get("SCREENSHOTS", "")


@contextmanager
def page() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Root's Chromium has no sandbox of its own.
        browser = playwright.chromium.launch(executable_path=program(), args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1280, "height": 800})
        opened.set_default_timeout(60_000)
        try:
            yield opened
        finally:
            browser.close()


def picture(page: Any, name: str) -> None:
    """Keep what is seen, where SCREENSHOTS names a folder, as ``make screenshots`` does."""
    if SCREENSHOTS:
        page.mouse.move(640, 400)  # no tooltip
        page.wait_for_timeout(1500)
        page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png")


def log_in_to_airflow(page: Any, url: str, password: str) -> None:
    page.goto(url)
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")


def log_in_to_pgadmin(page: Any, url: str, email: str, password: str) -> None:
    page.goto(url)
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", password)
    page.click("button[name=internal_button]")


def open_in_tree(page: Any, *path: str) -> None:
    """Open pgAdmin's tree down to the last of these; it opens an only child by itself."""
    for text, following in pairwise(path):
        node(page, text).wait_for()
        page.wait_for_timeout(1000)
        if not node(page, following).is_visible():
            node(page, text).dblclick()
    node(page, path[-1]).click()


def look_at_rows(page: Any, table: str) -> None:
    """The first hundred rows of a table that stands in the tree."""
    node(page, table).click(button="right")
    page.get_by_role("menuitem", name="View/Edit Data").hover()
    page.get_by_role("menuitem", name="First 100 Rows").click()


def node(page: Any, text: str) -> Any:
    """By its whole name, with or without how many it holds."""
    name = re.compile(rf"^{re.escape(text)}( \(\d+\))?$")
    return page.locator(".file-name", has_text=name).first

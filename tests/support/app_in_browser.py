"""The plugin's pages in a real browser, served by the app itself: no api-server, no network."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from tests.support.missing import browser

if TYPE_CHECKING:
    import pytest
    from playwright.sync_api import Page, Route

ADDRESS = "http://airflow.test/tlc"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@contextmanager
def opened(client: Any) -> Iterator[Page]:
    """A page whose every request the app answers; Airflow's own API says that a DAG is paused."""
    program = browser()
    from playwright.sync_api import sync_playwright

    def answer(route: Route) -> None:
        address = urlsplit(route.request.url)
        if address.path.startswith("/api/"):
            return route.fulfill(json={"is_paused": True})
        path = address.path.removeprefix("/tlc")
        found = client.request(route.request.method, f"{path}?{address.query}")
        return route.fulfill(
            status=found.status_code, headers=dict(found.headers), body=found.content
        )

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=FLAGS)
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        page.route("**/*", answer)
        try:
            yield page
        finally:
            chromium.close()


def reports_client(monkeypatch: pytest.MonkeyPatch) -> Any:
    """As somebody who may see the DAGs in its ``may_see``."""
    from airflow.api_fastapi.core_api.security import get_user
    from fastapi.testclient import TestClient

    from nyc_tlc.web import app as web

    client = TestClient(web.app)
    client.may_see = {"tlc_report"}  # type: ignore[attr-defined]
    manager = SimpleNamespace(
        is_authorized_dag=lambda method, details, user: (
            method == "GET" and details.id in client.may_see  # type: ignore[attr-defined]
        )
    )
    monkeypatch.setattr(web, "get_auth_manager", lambda: manager)
    monkeypatch.setitem(web.app.dependency_overrides, get_user, lambda: "somebody")
    return client


def keep(page: Page, name: str) -> None:
    """A picture of the page, where SCREENSHOTS names a folder, as ``make screenshots`` does."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def violations(page: Page) -> list[str]:
    """What axe-core finds, in light and dark: the rule, and the elements that break it."""
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text())
    return [each for scheme in SCHEMES for each in _violations_in(page, scheme)]


def _violations_in(page: Page, scheme: Literal["light", "dark"]) -> list[str]:
    page.emulate_media(color_scheme=scheme)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{scheme}: {each['id']}: {[node['html'] for node in each['nodes']]}" for each in found]

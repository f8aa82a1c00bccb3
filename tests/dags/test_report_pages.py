"""The report pages as an ASGI app, and who may see them; tests/docker uses a real api-server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from tests.support.app_in_browser import ADDRESS, opened, reports_client, violations
from tests.support.memory_store import memory_store

pytestmark = pytest.mark.dags


PNG = b"\x89PNG\r\n\x1a\nthe rest"


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AIRFLOW_VAR_TLC_REPORTS", str(tmp_path))
    folder = tmp_path / "green" / "2021-01"
    folder.mkdir(parents=True)
    (folder / "report.png").write_bytes(PNG)
    for name in ("days.csv", "zones.csv"):
        (folder / name).write_text("a,b\n1,2\n")
    (folder / "input").mkdir()
    (folder / "input" / "trips.parquet").touch()
    (folder / "report.json").write_text('{"trips": 76518}')
    return tmp_path


@pytest.fixture
def stored(reports: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryFileSystem]:
    """The same report, in an object store."""
    with memory_store() as store:
        for file in filter(Path.is_file, reports.rglob("*")):
            store.pipe_file(f"/bucket/reports/{file.relative_to(reports)}", file.read_bytes())
        monkeypatch.setenv("AIRFLOW_VAR_TLC_REPORTS", "memory://bucket/reports")
        yield store


@pytest.fixture
def client(reports: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    return reports_client(monkeypatch)


def test_menu_list_and_pages_have_one_name_and_lead_to_each_other(client: Any) -> None:
    from nyc_tlc.airflow_plugin import NycTlcPlugin

    [view] = [each for each in NycTlcPlugin.external_views if "reports" in each["href"]]
    listed = client.get("/reports/").text
    assert f"<h1>{view['name']}</h1>" in listed
    assert 'href="green/2021-01/"' in listed
    assert "76,518 trips" in listed
    page = client.get("/reports/green/2021-01/").text
    assert f'<a href="../../">{view["name"]}</a>' in page
    assert "76,518 trips" in page


@pytest.mark.parametrize("trips", ['"<b>"', "-1", "1e400", "null", "[]"])
def test_a_number_of_trips_that_is_none_is_not_shown(
    client: Any, reports: Path, trips: str
) -> None:
    (reports / "green/2021-01/report.json").write_text(f'{{"trips": {trips}}}')
    for path in ("/reports/", "/reports/green/2021-01/"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert " trips" not in answer.text


@pytest.mark.parametrize("revenue", ["1" + "0" * 400, "1e400", "NaN", "-1e308", "[1]"])
def test_a_number_that_cannot_be_compared_does_not_break_the_page(
    client: Any, reports: Path, revenue: str
) -> None:
    shutil.copytree(reports / "green/2021-01", reports / "green/2020-01")
    (reports / "green/2021-01/report.json").write_text(f'{{"trips": 1, "revenue": {revenue}}}')
    for path in ("/reports/", "/reports/green/2021-01/"):
        assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    "month", ["0000-01", "0001-01", "2013-07", "2999-12", "2021-1\u0661", "\x1b[2J"]
)
def test_a_folder_that_is_no_month_of_the_taxi_does_not_break_the_index(
    client: Any, reports: Path, month: str
) -> None:
    shutil.copytree(reports / "green/2021-01", reports / "green" / month)
    answer = client.get("/reports/")
    assert (answer.status_code, answer.text.count('class="card"')) == (200, 1)


METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
VALUES = {"taxi": "green", "month": "2021-01", "name": "report.png"}
# What each person gets for GET: nobody is logged in; a login without rights; one for another DAG; an admin.
PEOPLE = {"nobody": 401, "no rights": 403, "another DAG": 403, "admin": 200}
RIGHTS = {"no rights": set[str](), "another DAG": {"another"}, "admin": {"tlc_report", "another"}}


def paths() -> list[str]:
    """One address of each route that the plugin adds, but for the page of months, whose test is beside
    this one; a new route is in the matrix by itself.
    """
    from nyc_tlc.airflow_plugin import NycTlcPlugin
    from nyc_tlc.web import app as web

    assert len(NycTlcPlugin.fastapi_apps) == 1
    assert NycTlcPlugin.flask_blueprints == NycTlcPlugin.appbuilder_views == []
    routes = [str(route.path) for route in web.app.routes]  # type: ignore[attr-defined]
    routes.remove("/months")
    return [route.format(**VALUES) for route in routes]


@pytest.mark.parametrize("person", PEOPLE)
def test_every_route_and_method_is_only_for_who_may_see_the_dag(client: Any, person: str) -> None:
    from airflow.api_fastapi.core_api.security import get_user

    if person == "nobody":  # Airflow's own check of the request's token
        client.app.dependency_overrides.pop(get_user)
    client.may_see = RIGHTS.get(person, set())
    seen = {(path, method): client.request(method, path) for path in paths() for method in METHODS}
    assert len(seen) == 3 * len(METHODS)
    for (path, method), answer in seen.items():
        expected = PEOPLE[person] if method == "GET" else 405
        assert answer.status_code == expected, f"{person}: {method} {path}"
        if expected != 200:
            assert PNG not in answer.content
            assert "2021-01" not in answer.text


@pytest.mark.parametrize("disguise", ["?dag_id=another", "#another", "?method=POST&_method=GET"])
def test_the_request_does_not_choose_the_dag_that_is_checked(client: Any, disguise: str) -> None:
    client.may_see = {"another"}
    headers = {"X-HTTP-Method-Override": "OPTIONS", "X-Forwarded-User": "admin"}
    for path in paths():
        assert client.get(path + disguise, headers=headers).status_code == 403


def test_the_pages_run_no_script_and_stay_out_of_shared_caches(client: Any) -> None:
    for path in paths():
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("green/2021-01/report.json", 422),
        ("green/2021-01/input/trips.parquet", 404),
        ("green/2021-01/..%2F..%2Fsecret", 404),
        ("green/..%2F2021-01/", 404),
        ("green/2021-13/", 422),
        ("green/0000-01/", 422),
        ("green/202\u0661-01/", 422),
        ("blue/2021-01/", 422),
        ("green/2021-02/", 404),
    ],
)
def test_nothing_else_is_served(client: Any, path: str, status: int) -> None:
    assert client.get(f"/reports/{path}").status_code == status


def test_files_are_served_with_their_types(client: Any, reports: Path) -> None:
    shutil.copy(reports / "green/2021-01/report.png", reports / "green/2021-01/thumbnail.png")
    for name in ("report.png", "thumbnail.png"):
        picture = client.get(f"/reports/green/2021-01/{name}")
        assert (picture.content, picture.headers["Content-Type"]) == (PNG, "image/png")
    days = client.get("/reports/green/2021-01/days.csv")
    assert (days.text, days.headers["Content-Type"]) == ("a,b\n1,2\n", "text/csv; charset=utf-8")


@pytest.mark.parametrize("page", ["", "days.csv"])
def test_a_link_to_airflow_s_passwords_is_not_served(
    client: Any, reports: Path, tmp_path_factory: pytest.TempPathFactory, page: str
) -> None:
    passwords = tmp_path_factory.mktemp("airflow") / "passwords.json"
    passwords.write_text('{"admin": "secret"}')
    days = reports / "green" / "2021-01" / "days.csv"
    for lead in (days.symlink_to, days.hardlink_to):
        days.unlink()
        lead(passwords)
        answer = client.get(f"/reports/green/2021-01/{page}")
        assert answer.status_code == 404
        assert "secret" not in answer.text
    assert "2021-01" not in client.get("/reports/").text


@pytest.mark.parametrize("name", ["report.png", "days.csv"])
def test_a_file_that_is_too_large_or_of_another_kind_is_not_served(
    client: Any, reports: Path, name: str
) -> None:
    file = reports / "green" / "2021-01" / name
    with file.open("wb") as sparse:
        sparse.truncate(10_000_000_000)
    answer = client.get(f"/reports/green/2021-01/{name}")
    assert answer.status_code == 404
    assert "bytes, too many" in answer.json()["detail"]
    file.write_bytes(b"")
    assert f"{name} is not a" in client.get(f"/reports/green/2021-01/{name}").json()["detail"]
    file.unlink()
    os.mkfifo(file)
    assert client.get(f"/reports/green/2021-01/{name}").status_code == 404


@pytest.mark.usefixtures("stored")
def test_the_pages_show_reports_of_an_object_store(client: Any) -> None:
    assert "76,518 trips" in client.get("/reports/").text
    assert "76,518 trips" in client.get("/reports/green/2021-01/").text
    assert client.get("/reports/green/2021-01/report.png").content == PNG
    for path in ("green/2021-02/", "green/2021-01/input/trips.parquet", "green/..%2F2021-01/"):
        assert client.get(f"/reports/{path}").status_code == 404


def test_what_is_wrong_in_an_object_store_is_not_served(
    client: Any, stored: MemoryFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    month = "/bucket/reports/green/2021-01"
    stored.pipe_file(f"{month}/report.png", b"<script>")
    assert client.get("/reports/green/2021-01/report.png").status_code == 404
    stored.pipe_file(f"{month}/days.csv", b"x" * 1_000_000)
    assert "too many" in client.get("/reports/green/2021-01/").json()["detail"]
    stored.rm(f"{month}/days.csv")
    assert "2021-01" not in client.get("/reports/").text

    def find(*_: Any, **__: Any) -> Any:
        raise PermissionError("Access Denied")

    monkeypatch.setattr(MemoryFileSystem, "find", find)
    for path in ("", "green/2021-01/", "green/2021-01/days.csv"):
        answer = client.get(f"/reports/{path}")
        assert answer.status_code == 503
        assert "memory://bucket/reports" in answer.json()["detail"]


def test_the_plugin_registers_the_pages_and_where_to_find_them() -> None:
    from nyc_tlc.airflow_plugin import NycTlcPlugin

    [app] = NycTlcPlugin.fastapi_apps
    months, reports = NycTlcPlugin.external_views
    assert reports["href"] == f"{app['url_prefix']}/reports/"
    assert months["href"] == f"{app['url_prefix']}/months/"


def test_axe_finds_nothing_in_the_index_and_in_a_report(client: Any, reports: Path) -> None:
    january = reports / "green" / "2021-01"
    (january / "zones.csv").write_text("locationid,trips,on_map\n1,2,no\n")
    for month in ("2020-01", "2021-02"):
        shutil.copytree(january, reports / "green" / month)
    with opened(client) as page:
        page.goto(f"{ADDRESS}/reports/")
        assert page.locator(".card").count() == 3
        assert violations(page) == []
        page.get_by_text("January 2021").click()
        page.get_by_role("heading", name="A year before").wait_for()
        assert violations(page) == []

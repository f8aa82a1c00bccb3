"""The report pages as an ASGI app, and who may see them; tests/docker uses a real api-server."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

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
def client(reports: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """As somebody who may see the DAGs in ``client.may_see``."""
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


def test_menu_list_and_pages_have_one_name_and_lead_to_each_other(client: Any) -> None:
    from nyc_tlc.airflow_plugin import NycTlcPlugin

    [view] = NycTlcPlugin.external_views
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


PATHS = ("/reports/", "/reports/green/2021-01/", "/reports/green/2021-01/report.png")


@pytest.mark.parametrize("path", PATHS)
def test_who_may_see_the_dag_may_see_its_reports(client: Any, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    client.may_see = {"another"}
    assert client.get(path).status_code == 403
    assert client.get(f"{path}?dag_id=another").status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("green/2021-01/report.json", 422),
        ("green/2021-01/input/trips.parquet", 404),
        ("green/2021-01/..%2F..%2Fsecret", 404),
        ("green/..%2F2021-01/", 404),
        ("green/2021-13/", 422),
        ("blue/2021-01/", 422),
        ("green/2021-02/", 404),
    ],
)
def test_nothing_else_is_served(client: Any, path: str, status: int) -> None:
    assert client.get(f"/reports/{path}").status_code == status


def test_files_are_served_with_their_types(client: Any) -> None:
    picture = client.get("/reports/green/2021-01/report.png")
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


def test_the_plugin_registers_the_pages_and_where_to_find_them() -> None:
    from nyc_tlc.airflow_plugin import NycTlcPlugin

    [app] = NycTlcPlugin.fastapi_apps
    [view] = NycTlcPlugin.external_views
    assert view["href"] == f"{app['url_prefix']}/reports/"

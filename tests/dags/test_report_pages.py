"""The report pages as an ASGI app, and who may see them; tests/docker uses a real api-server."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.dags


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AIRFLOW_VAR_TLC_REPORTS", str(tmp_path))
    folder = tmp_path / "green" / "2021-01"
    folder.mkdir(parents=True)
    (folder / "report.png").write_bytes(b"picture")
    for name in ("days.csv", "zones.csv"):
        (folder / name).write_text("a,b\n1,2\n")
    (folder / "input").mkdir()
    (folder / "input" / "trips.parquet").touch()
    (folder / "report.json").write_text("{}")
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


def test_the_plugin_registers_the_pages_and_where_to_find_them() -> None:
    from nyc_tlc.airflow_plugin import NycTlcPlugin

    [app] = NycTlcPlugin.fastapi_apps
    [view] = NycTlcPlugin.external_views
    assert view["href"] == f"{app['url_prefix']}/reports/"

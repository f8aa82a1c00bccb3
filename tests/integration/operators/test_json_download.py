"""JSON from a real HTTP server, good and bad."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from nyc_tlc.core.errors import SourceUnreachableError
from nyc_tlc.operators.json_download import JsonDownloadOperator
from tests.support.http_server import Answer, Site, unused_port
from tests.support.products_api import BODY

pytestmark = pytest.mark.integration

PARTS = {"total": "total", "first_title": "products.0.title"}


def download(folder: Path, **more: Any) -> Any:
    to = str(folder / "products" / "products.json")
    return JsonDownloadOperator(task_id="extract", to=to, parts=PARTS, **more).execute({})


def test_the_body_is_written_to_the_file_and_its_parts_are_the_output(
    site: Site, tmp_path: Path
) -> None:
    url = site.publish("products", BODY)
    site.always = Answer(200, body=BODY)
    assert download(tmp_path, url=url, query={"limit": 5}) == {
        "total": 194, "first_title": "Mascara",
    }  # fmt: skip
    [request] = site.requests
    assert request.path == "/products?limit=5"
    folder = tmp_path / "products"
    assert json.loads((folder / "products.json").read_text()) == json.loads(BODY)
    assert [path.name for path in folder.iterdir()] == ["products.json"]


def test_without_a_url_the_connection_gives_address_and_login(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.always = Answer(200, body=BODY)
    conn = {"conn_type": "http", "host": f"{site.base}/mine", "login": "me", "password": "secret"}
    monkeypatch.setenv("AIRFLOW_CONN_PRODUCTS_API", json.dumps(conn))
    assert download(tmp_path, default_url="http://nowhere.invalid")["total"] == 194
    [request] = site.requests
    assert request.path == "/mine"
    assert request.headers["Authorization"].startswith("Basic ")


def test_without_a_connection_the_default_is_used(site: Site, tmp_path: Path) -> None:
    site.always = Answer(200, body=BODY)
    assert download(tmp_path, default_url=f"{site.base}/default")["total"] == 194


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(404, body=b"no such page"), "NotPublishedError: .*404.*no such page"),
        (Answer(401, body=b"who are you"), "NotPublishedError: .*401"),
        (Answer(200, body=b"<html>login</html>"), "BadFileError: .*no JSON, begins '<html>login"),
        (Answer(200, body=b'{"total": 1}'), r"BadFileError: .*no 'products.0.title'.*'total'"),
        (
            Answer(200, body=b'{"total": 1, "products": []}'),
            "BadFileError: .*no 'products.0.title'",
        ),
    ],
)
def test_an_unexpected_answer_fails_at_once(
    site: Site, tmp_path: Path, answer: Answer, message: str
) -> None:
    site.always = answer
    with pytest.raises(AirflowFailException, match=message):
        download(tmp_path, url=f"{site.base}/products")
    assert not list(tmp_path.rglob("*.json"))


def test_a_busy_or_silent_server_is_tried_again(site: Site, tmp_path: Path) -> None:
    site.always = Answer(503)
    with pytest.raises(SourceUnreachableError, match="503"):
        download(tmp_path, url=f"{site.base}/products")
    with pytest.raises(SourceUnreachableError, match="could not be read"):
        download(tmp_path, url=f"http://127.0.0.1:{unused_port()}/products")

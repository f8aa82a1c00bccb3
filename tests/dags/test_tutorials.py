"""The tutorials' own functions: a download from a real server, good and bad, and queries over files."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import (
    AirflowException,
    AirflowFailException,
    AirflowNotFoundException,
    AirflowSkipException,
    ParamValidationError,
)
from airflow.sdk import Asset

from dev.http_server import Answer, Site, serve
from nyc_tlc.core.errors import UnsafeFileError
from tests.support.products_api import AVERAGE_PRICES, BODY, CATEGORIES, PRODUCTS

pytestmark = pytest.mark.dags

ROOT = Path(__file__).parents[2]
SQL = ROOT / "dags" / "sql"
SECRET = "what-the-server-says"  # must be in no error and no log


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The server of the connection ``products_api``."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve() as site:
        connection = {"conn_type": "http", "host": site.base, "login": "me", "password": "mine"}
        monkeypatch.setenv("AIRFLOW_CONN_PRODUCTS_API", json.dumps(connection))
        yield site


@pytest.fixture
def extract(dag_bag: Any, tmp_path: Path) -> Callable[..., Any]:
    function = dag_bag.dags["products_tutorial"].get_task("extract").python_callable
    to = tmp_path / "script" / "input" / "products.json"
    return lambda **params: function(
        str(tmp_path), str(to), {"path": "products", "limit": 5, **params}
    )


@pytest.fixture
def query_file(dag_bag: Any, tmp_path: Path) -> Callable[..., Any]:
    task = dag_bag.dags["products_tutorial"].get_task("summary.average_price_by_brand")
    return partial(task.python_callable, str(tmp_path))


def test_the_products_go_to_a_file_and_their_number_is_the_output(
    api: Site, extract: Callable[..., Any], tmp_path: Path
) -> None:
    api.always = Answer(200, body=BODY, chunked=True)
    assert extract(path="products/category/beauty") == {"total": 194, "bytes": len(BODY)}
    [request] = api.requests
    assert request.path == "/products/category/beauty?limit=5"
    assert request.headers["Authorization"].startswith("Basic ")
    assert (tmp_path / "script" / "input" / "products.json").read_bytes() == BODY


@pytest.mark.parametrize("status", [404, 401, 301])
def test_a_refusal_fails_at_once(api: Site, extract: Callable[..., Any], status: int) -> None:
    api.always = Answer(status, body=SECRET.encode())
    with pytest.raises(AirflowFailException, match=f"answered {status}, expected 200. Check"):
        extract()


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again(api: Site, extract: Callable[..., Any], status: int) -> None:
    api.always = Answer(status, body=SECRET.encode())
    with pytest.raises(AirflowException, match=f"answered {status}") as raised:
        extract()
    assert not isinstance(raised.value, AirflowFailException)


def test_a_redirect_to_another_server_is_not_followed(
    api: Site, extract: Callable[..., Any]
) -> None:
    with serve() as internal:
        url = internal.publish("products", BODY)
        api.always = Answer(302, {"Location": url}, body=b"")
        with pytest.raises(AirflowFailException, match="answered 302"):
            extract()
        assert internal.requests == []


@pytest.mark.parametrize("chunked", [True, False])
def test_no_more_of_an_answer_is_read_than_the_limit(
    api: Site, extract: Callable[..., Any], tmp_path: Path, chunked: bool
) -> None:
    api.always = Answer(200, body=b" " * 5_000_001 + BODY, chunked=chunked)
    with pytest.raises(AirflowFailException, match="more than 5,000,000 bytes"):
        extract()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "body", [SECRET, f'"{SECRET}"', f'{{"{SECRET}": 1}}', f'{{"total": "{SECRET}"}}', "[]"]
)
@pytest.mark.parametrize("status", [200, 404, 500])
def test_nothing_of_an_answer_is_in_an_error_or_a_log(
    api: Site,
    extract: Callable[..., Any],
    caplog: pytest.LogCaptureFixture,
    body: str,
    status: int,
) -> None:
    caplog.set_level(logging.INFO)
    api.always = Answer(status, {"X-Detail": SECRET}, body=body.encode())
    with pytest.raises(AirflowException) as raised:
        extract()
    assert SECRET not in f"{raised.value}{caplog.text}"
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    "path",
    [
        "http://127.0.0.1/", "//evil.example/", "products/../admin", "products?x=1", "@evil", "users",
        "products\n", "products/" + "a" * 300,
    ],
)  # fmt: skip
def test_the_form_takes_no_address(dag_bag: Any, path: str) -> None:
    params = deepcopy(dag_bag.dags["products_tutorial"].params)
    with pytest.raises(ParamValidationError):
        params["path"] = path


@pytest.mark.parametrize(
    "name", ["x\n2026-11-28 [error] all trips are gone", "\x1b[2J", "x\n", "x" * 101]
)
def test_a_name_forges_no_line_of_the_log(dag_bag: Any, name: str) -> None:
    params = deepcopy(dag_bag.dags["hello_tutorial"].params)
    with pytest.raises(ParamValidationError):
        params["name"] = name
    params["name"] = "Zoë O'Hara 東京"


def test_a_missing_connection_is_said_with_what_to_do(
    extract: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.providers.http.hooks.http import HttpHook

    def missing(hook: HttpHook, conn_id: str) -> None:  # without a metadata database to look into
        raise AirflowNotFoundException(conn_id)

    monkeypatch.setattr(HttpHook, "get_connection", missing)
    with pytest.raises(AirflowFailException, match=r"no connection products_api\. Create one"):
        extract()


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_the_average_price_by_brand(
    query_file: Callable[..., Any], tmp_path: Path, suffix: str
) -> None:
    kept = [{"brand": each.get("brand"), "price": each["price"]} for each in PRODUCTS]
    file, to = tmp_path / f"kept.{suffix}", tmp_path / "answer.csv"
    lines = [f"{each['brand'] or ''},{each['price']}" for each in kept]
    file.write_text(json.dumps(kept) if suffix == "json" else "\n".join(["brand,price", *lines]))
    sql = (SQL / "average_price_by_brand.sql").read_text()
    found = query_file(sql=sql, table="products", file=str(file), to=str(to))
    assert found == {"rows": 3, "first": AVERAGE_PRICES, "file": str(to)}
    assert to.read_text().splitlines()[:2] == ["brand,average_price,products", "Annibale,1899.99,1"]


def test_the_products_by_category(query_file: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "products.json"
    file.write_bytes(BODY)
    sql = (SQL / "products_by_category.sql").read_text()
    found = query_file(sql=sql, table="answer", file=str(file), to=str(tmp_path / "answer.csv"))
    assert {row["category"]: row["products"] for row in found["first"]} == CATEGORIES


def test_a_link_that_a_script_leaves_is_not_followed(
    query_file: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "secret.csv").write_text("brand,price\nmine,1\n")
    link = tmp_path / "kept.csv"
    link.symlink_to(tmp_path / "secret.csv")
    with pytest.raises(UnsafeFileError, match="is a link, or not a regular file"):
        query_file(sql="FROM products", table="products", file=str(link), to=str(tmp_path / "to"))


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of Airflow's, which no script may reach."""
    return tmp_path_factory.mktemp("airflow")


@pytest.mark.parametrize("linked", ["script", "script/input"])
def test_a_folder_that_a_script_replaced_by_a_link_is_not_written_through(
    api: Site, extract: Callable[..., Any], tmp_path: Path, elsewhere: Path, linked: str
) -> None:
    """Before Docker 26 a script sees all of the volume, and can rename every folder in it."""
    (tmp_path / linked).parent.mkdir(exist_ok=True)
    (tmp_path / linked).symlink_to(elsewhere)
    api.always = Answer(200, body=BODY)
    with pytest.raises(UnsafeFileError, match="is a link, or not a folder"):
        extract()
    assert list(elsewhere.iterdir()) == []


def test_an_answer_replaces_a_link_and_does_not_write_where_it_leads(
    query_file: Callable[..., Any], tmp_path: Path, elsewhere: Path
) -> None:
    """A file of Airflow's would run this at Python's next start."""
    target = elsewhere / "site.pth"
    target.write_text("")
    (tmp_path / "kept.csv").write_text("brand,price\nimport os#,1\n")
    (tmp_path / "answer.csv").symlink_to(target)
    file, to = str(tmp_path / "kept.csv"), str(tmp_path / "answer.csv")
    query_file(sql="FROM products", table="products", file=file, to=to)
    assert target.read_text() == ""
    assert "import os#" in (tmp_path / "answer.csv").read_text()


def test_a_fifo_that_a_script_leaves_does_not_keep_the_task_waiting(
    query_file: Callable[..., Any], tmp_path: Path
) -> None:
    fifo = tmp_path / "kept.csv"
    os.mkfifo(fifo)
    with pytest.raises(UnsafeFileError, match="is a link, or not a regular file"):
        query_file(sql="FROM products", table="products", file=str(fifo), to=str(tmp_path / "to"))


def test_a_script_s_file_is_read_up_to_a_limit(
    query_file: Callable[..., Any], tmp_path: Path
) -> None:
    with (tmp_path / "kept.csv").open("wb") as sparse:
        sparse.truncate(10_000_000_000)
    file, to = str(tmp_path / "kept.csv"), str(tmp_path / "to")
    with pytest.raises(UnsafeFileError, match="has over 5,000,000 bytes"):
        query_file(sql="FROM products", table="products", file=file, to=to)


def test_no_tutorial_runs_by_itself(dag_bag: Any) -> None:
    for dag_id in ("hello_tutorial", "products_tutorial"):
        assert dag_bag.dags[dag_id].timetable.can_be_scheduled is False


def test_the_address_of_the_products_is_declared_where_people_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In ``make ui`` and in the stack nobody has to create the connection first."""
    from dev.environment import airflow_environment

    caller = {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW_CONN_TLC_POSTGRES": "postgres://unused"}
    ours = json.loads(airflow_environment(caller)["AIRFLOW_CONN_PRODUCTS_API"])
    stack = json.loads((ROOT / "include" / "stack" / "connections.json").read_text())
    assert ours.items() <= stack["products_api"].items()
    assert ours == {"conn_type": "http", "host": "https://dummyjson.com"}


class InletEvents:
    """As Airflow hands them to a task; a dict will not do, since Airflow 3.1 cannot hash an Asset."""

    def __init__(self, *extras: dict[str, int]) -> None:
        self._events = [SimpleNamespace(extra=extra) for extra in extras]

    def __getitem__(self, asset: Asset) -> list[SimpleNamespace]:
        assert asset.name == "products_tutorial/average_prices"
        return self._events


def test_the_sub_flow_takes_the_newest_answer_and_skips_without_one(dag_bag: Any) -> None:
    say = dag_bag.dags["products_tutorial_published"].get_task("say")
    events = InletEvents(*({"brands": brands, "products": 194} for brands in (1, 3)))
    assert say.python_callable(events) == "3 brands among 194 products"
    with pytest.raises(AirflowSkipException, match="Run products_tutorial first"):
        say.python_callable(InletEvents())

"""The connection ``tlc_default`` against a real server, read from the environment."""

from __future__ import annotations

import json

import pytest

from dev.http_server import Answer, Site, unused_port
from nyc_tlc.core.catalog import Month, Source, Taxi, TripFile
from nyc_tlc.hooks.tlc import TlcHook

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def _connection(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {"conn_type": "nyc_tlc", "host": site.base, "extra": {"csv_base": f"{site.base}/csv"}}
    monkeypatch.setenv("AIRFLOW_CONN_TLC_DEFAULT", json.dumps(fields))


def test_the_connection_is_tested_with_a_month_published_long_ago(site: Site) -> None:
    url = site.publish("green_tripdata_2021-01.parquet", b"x" * 12_345)
    assert TlcHook().test_connection() == (True, f"{url} is there (12,345 bytes).")


def test_a_connection_with_a_wrong_base_shows_the_answer(site: Site) -> None:
    passed, message = TlcHook().test_connection()
    assert not passed
    assert "answered 404" in message
    assert "base URL of the connection" in message


def test_a_connection_to_a_busy_server_says_so(site: Site) -> None:
    site.head = Answer(503)
    assert TlcHook().test_connection()[0] is False


def test_a_connection_that_cannot_be_reached_shows_what_to_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fields = {"conn_type": "nyc_tlc", "host": f"http://127.0.0.1:{unused_port()}"}
    monkeypatch.setenv("AIRFLOW_CONN_TLC_DEFAULT", json.dumps(fields))
    passed, message = TlcHook().test_connection()
    assert not passed
    assert "Check the network and the connection's host" in message


def test_a_csv_month_is_requested_below_the_csv_base(site: Site) -> None:
    url = site.publish("csv/green_tripdata_2021-01.csv.gz", b"12345")
    found = TlcHook().probe(TripFile(Taxi.GREEN, Month(2021, 1), Source.CSV))
    assert (found.url, found.bytes) == (url, 5)

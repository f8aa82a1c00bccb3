"""Asking a source from the command line: a source that is not there is named within seconds."""

from __future__ import annotations

import json
import threading
import time

import pytest
from rich.console import Console

from dev.http_server import unused_port
from nyc_tlc.cli import checkup, publication
from nyc_tlc.cli.publication import NO_ANSWER, Publication, gather
from nyc_tlc.core.catalog import Month, Taxi, TripFile
from nyc_tlc.core.errors import SourceUnreachableError
from nyc_tlc.core.landing import remote

pytestmark = pytest.mark.unit

FILES = [TripFile(Taxi.GREEN, month) for month in Month(2020, 1).through(Month(2022, 12))]


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A wait before another try is noted, and not slept."""
    noted: list[float] = []
    monkeypatch.setattr(remote, "sleep", noted.append)
    return noted


@pytest.fixture(params=["refused", "unresolved"])
def nowhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = {"refused": f"http://127.0.0.1:{unused_port()}", "unresolved": "http://nowhere.invalid"}
    host = hosts[request.param]
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,nowhere.invalid")
    source = {"conn_type": "nyc_tlc", "host": host, "extra": {"csv_base": host}}
    monkeypatch.setenv("AIRFLOW_CONN_TLC_DEFAULT", json.dumps(source))


@pytest.mark.usefixtures("nowhere")
def test_a_host_that_is_not_there_is_not_asked_again(no_waits: list[float]) -> None:
    asked = Publication(Console(quiet=True))
    asked.ask(FILES)
    assert "Could not read" in str(asked.failure)
    assert {asked.of(file) for file in FILES} == {None}
    assert no_waits == []


@pytest.mark.usefixtures("nowhere")
def test_the_doctor_does_not_ask_it_what_is_published(no_waits: list[float]) -> None:
    parquet, csv, published = checkup.try_source()
    for finding in (parquet, csv):
        assert finding.seen.startswith("HostUnreachableError: ")
    assert published.seen == "not asked: the source cannot be reached"
    assert [parquet.ok, csv.ok, published.ok] == [False] * 3
    assert no_waits == []


def test_a_source_that_falls_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publication, "SILENCE_SECONDS", 0.2)
    never = threading.Event()
    began = time.monotonic()
    assert dict(gather([lambda: 1, never.wait, lambda: 3])) == {0: 1, 2: 3}
    assert time.monotonic() - began < 5

    asked = Publication(Console(quiet=True))
    monkeypatch.setattr(asked, "_ask", lambda file: never.wait())
    asked.ask(FILES)
    assert asked.failure == NO_ANSWER
    assert asked.of(FILES[0]) is None


def test_the_doctor_names_a_source_that_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publication, "SILENCE_SECONDS", 0.2)
    monkeypatch.setattr(checkup, "_ask", lambda kind: threading.Event().wait())
    parquet, csv, published = checkup.try_source()
    assert parquet.seen == csv.seen == f"{SourceUnreachableError.__name__}: {NO_ANSWER}"
    assert published.seen == "not asked: the source cannot be reached"


def test_every_answer_has_its_place() -> None:
    asks = [lambda n=n: n * n for n in range(50)]
    assert dict(gather(asks)) == {n: n * n for n in range(50)}
    assert list(gather([])) == []

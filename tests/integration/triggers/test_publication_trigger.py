"""Waiting for a file, against a real server that publishes it late, throttles, or never has it."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable
from threading import Timer
from typing import Any

import pytest

from dev.http_server import Answer, Site, unused_port
from nyc_tlc.core.errors import NotPublishedError, SourceUnreachableError
from nyc_tlc.core.landing import remote
from nyc_tlc.core.landing.remote import probe_published
from nyc_tlc.triggers.publication import PublicationTrigger

pytestmark = pytest.mark.integration

MONTH, KNOWN = "green_tripdata_2031-01.parquet", "green_tripdata_2021-01.parquet"
DENIED = Answer(403, body=b"<Error><Code>AccessDenied</Code></Error>")


def wait_for(base: str, *, seconds: float, interval: float = 0.2, asked: float = 0.0) -> Any:
    """What the trigger says, and how long it took; ``asked`` is how many seconds ago."""
    now = dt.datetime.now(dt.UTC)
    first = PublicationTrigger(
        url=f"{base}/{MONTH}", known_url=f"{base}/{KNOWN}", poke_interval=interval,
        asked_at=(now - dt.timedelta(seconds=asked)).isoformat(),
        give_up_at=(now + dt.timedelta(seconds=seconds)).isoformat(),
    )  # fmt: skip
    path, arguments = first.serialize()
    assert path == f"{PublicationTrigger.__module__}.{PublicationTrigger.__qualname__}"
    restarted = PublicationTrigger(**arguments)

    async def events() -> list[Any]:
        return [event.payload async for event in restarted.run()]

    began = time.monotonic()
    [event] = asyncio.run(events())
    return event, time.monotonic() - began


def later(seconds: float, do: Callable[[], object]) -> None:
    Timer(seconds, do).start()


def test_it_ends_when_the_file_appears_and_sends_no_more_requests(site: Site) -> None:
    site.publish(KNOWN, b"known")
    later(0.5, lambda: site.publish(MONTH, b"month"))
    event, seconds = wait_for(site.base, seconds=20)
    assert event == {"status": "published"}
    assert 0.4 < seconds < 5
    assert len(site.requests) <= 12  # two a question


def test_it_asks_at_once_when_the_triggerer_was_down_for_longer_than_the_interval(
    site: Site,
) -> None:
    site.publish(MONTH, b"month")
    event, seconds = wait_for(site.base, seconds=7200, interval=3600, asked=4000)
    assert event == {"status": "published"}
    assert seconds < 2


def test_it_waits_between_requests(site: Site) -> None:
    site.publish(KNOWN, b"known")
    wait_for(site.base, seconds=1, interval=3600)
    assert [request.path for request in site.requests if request.method == "GET"] == [f"/{MONTH}"]


def test_it_gives_up_in_time_with_the_source_s_answer(site: Site) -> None:
    event, seconds = wait_for(site.base, seconds=0.5)
    assert event["status"] == "timed out"
    assert f"{MONTH} answered 404" in event["error"]
    assert 0.4 < seconds < 5


def test_it_also_waits_if_the_source_is_down(site: Site) -> None:
    event, _ = wait_for(f"http://127.0.0.1:{unused_port()}", seconds=0.5)
    assert event["status"] == "timed out"
    assert "Could not read" in event["error"]


def test_a_login_page_ends_the_wait(site: Site) -> None:
    site.always = site.head = Answer(headers={"Content-Type": "text/html"}, body=b"<html>")
    site.publish(MONTH, b"month")
    event, _ = wait_for(site.base, seconds=20)
    assert event["status"] == "failed"
    assert "with a page (text/html)" in event["error"]


def test_the_event_loop_is_free_while_the_source_takes_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remote, "probe_published", lambda *_: time.sleep(0.5))
    now = dt.datetime.now(dt.UTC).isoformat()
    slow = PublicationTrigger(
        url="-", known_url="-", poke_interval=0, asked_at=now, give_up_at=now
    )  # fmt: skip

    async def ticks_meanwhile() -> int:
        waiting, ticks = asyncio.ensure_future(anext(slow.run())), 0  # type: ignore[arg-type]
        while not waiting.done():
            await asyncio.sleep(0.01)
            ticks += 1
        assert waiting.result().payload == {"status": "published"}
        return ticks

    assert asyncio.run(ticks_meanwhile()) > 5


def test_403_means_not_published_if_a_known_month_is_served(site: Site) -> None:
    site.publish(KNOWN, b"known")
    site.will_answer(DENIED)
    with pytest.raises(NotPublishedError, match="answered 403"):
        probe_published(f"{site.base}/{MONTH}", f"{site.base}/{KNOWN}")


def test_403_means_throttling_if_a_known_month_gets_it_too(site: Site) -> None:
    site.publish(KNOWN, b"known")
    site.always = site.head = DENIED
    with pytest.raises(SourceUnreachableError, match=f"for {site.base}/{KNOWN} too"):
        probe_published(f"{site.base}/{MONTH}", f"{site.base}/{KNOWN}")

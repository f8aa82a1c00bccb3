"""Probing a source: what it reports about a file, and how its refusals become errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from dev.http_server import Answer, Site, unused_port
from nyc_tlc.core.errors import BadFileError, NotPublishedError, SourceUnreachableError
from nyc_tlc.core.landing.remote import RemoteFile, SourceBusyError, open_remote, probe

pytestmark = pytest.mark.integration

ACCESS_DENIED = b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'


def test_probe_returns_etag_length_and_last_modified_without_a_get(site: Site) -> None:
    url = site.publish("green.parquet", b"12345", etag='"abc"')
    site.head = Answer(headers={"Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"})
    assert probe(url) == RemoteFile(url, '"abc"', "Mon, 01 Jan 2024 00:00:00 GMT", 5)
    assert not site.gets()


def test_probe_has_no_length_and_etag_if_none_is_sent(site: Site) -> None:
    url = site.publish("green.parquet", b"12345", etag=None)
    site.head = Answer(chunked=True)
    assert probe(url) == RemoteFile(url, None, None, None)


@pytest.mark.parametrize("status", [403, 405, 501])
def test_probe_uses_get_if_head_is_refused_and_does_not_read_the_body(
    site: Site, status: int
) -> None:
    body = b"x" * 50_000_000
    url = site.publish("green.parquet", body, etag='"abc"')
    site.head = Answer(status)
    site.will_answer(Answer(seconds=60))
    assert probe(url) == RemoteFile(url, '"abc"', None, len(body))
    assert [request.method for request in site.requests] == ["HEAD", "GET"]


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_refusal_with_an_xml_body_is_not_published_and_is_shown(site: Site, status: int) -> None:
    site.head = site.always = Answer(status, body=ACCESS_DENIED)
    url = f"{site.base}/green_tripdata_2099-01.parquet"
    with pytest.raises(NotPublishedError) as refused:
        probe(url)
    for shown in (url, f"answered {status}", ACCESS_DENIED.decode(), "Check the month"):
        assert shown in str(refused.value)


def test_probe_does_not_accept_an_html_page_as_a_file(site: Site) -> None:
    url = site.publish("green.parquet", b"<html>Please log in</html>")
    page = Answer(headers={"Content-Type": "text/html; charset=utf-8"})
    site.head = site.always = page
    with pytest.raises(BadFileError, match=r"with a page \(text/html\).*Please log in"):
        probe(url)


def test_an_unexpected_status_is_a_bad_file_that_shows_its_start(site: Site) -> None:
    site.head = site.always = Answer(418, body=b"I am a teapot")
    with pytest.raises(BadFileError, match=r"answered 418 .*I am a teapot.*Expected 200"):
        probe(f"{site.base}/green.parquet")


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_probe_asks_a_busy_source_only_once(site: Site, status: int) -> None:
    site.head = Answer(status, {"Retry-After": "7"})
    with pytest.raises(SourceBusyError, match=f"answered {status}") as busy:
        probe(f"{site.base}/green.parquet")
    assert busy.value.retry_after == 7
    assert len(site.requests) == 1


def test_nothing_at_the_port_is_source_unreachable() -> None:
    url = f"http://127.0.0.1:{unused_port()}/green.parquet"
    with pytest.raises(SourceUnreachableError, match=f"Could not read {url}.*Check the network"):
        probe(url)


def test_no_answer_in_time_is_source_unreachable(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nyc_tlc.core.landing.remote.TIMEOUT_SECONDS", (1, 0.2))
    url = site.publish("green.parquet", b"x" * 200_000)
    site.will_answer(Answer(seconds=4))
    with pytest.raises(SourceUnreachableError, match="timed out"), open_remote(url) as opened:
        opened.body.read(200_000)


def test_a_name_with_spaces_and_non_ascii_letters_is_requested_unchanged(site: Site) -> None:
    assert probe(site.publish("été à New York/green.parquet", b"12345")).bytes == 5


def test_a_local_file_s_etag_is_its_size_and_time(tmp_path: Path) -> None:
    folder = tmp_path / "été à New York"
    folder.mkdir()
    file = folder / "green.parquet"
    file.write_bytes(b"12345")
    for url in (f"file://{file}", file.as_uri()):
        first = probe(url)
        assert (first.url, first.bytes) == (url, 5)
    file.write_bytes(b"54321")
    assert probe(file.as_uri()).etag != first.etag


def test_a_missing_local_file_is_not_published(tmp_path: Path) -> None:
    with pytest.raises(NotPublishedError, match="is not there"):
        probe(f"file://{tmp_path}/green.parquet")


def test_the_rest_of_a_local_file_that_changed_is_read_from_its_beginning(tmp_path: Path) -> None:
    file = tmp_path / "green.csv"
    file.write_bytes(b"12345")
    etag = probe(file.as_uri()).etag
    with open_remote(file.as_uri(), 3, etag) as same:
        assert (same.offset, same.body.read()) == (3, b"45")
    file.write_bytes(b"abcdefg")
    with open_remote(file.as_uri(), 3, etag) as changed:
        assert (changed.offset, changed.body.read()) == (0, b"abcdefg")

"""Connections that break: the file is downloaded completely or not at all."""

from __future__ import annotations

import datetime as dt
from email.utils import format_datetime
from pathlib import Path

import pytest
from bodies import Body

from dev.http_server import Answer, Site
from nyc_tlc.core.errors import BadFileError, SourceUnreachableError
from nyc_tlc.core.landing import transfer
from nyc_tlc.core.landing.download import download
from nyc_tlc.core.landing.part import Part
from nyc_tlc.core.landing.remote import LONGEST_WAIT_SECONDS, TRIES

pytestmark = pytest.mark.integration

NAME = "green_tripdata_2021-01.parquet"
CUT = 2_000_000


def require_landed(target: Path, url: str, body: Body) -> None:
    landed = download(url, target)
    assert (landed.sha256, landed.bytes, landed.rows) == (body.sha256, len(body.content), body.rows)
    assert target.read_bytes() == body.content


def test_a_body_shorter_than_its_content_length_is_resumed_by_range(
    site: Site, target: Path, parquet: Body, waits: list[float]
) -> None:
    url = site.publish(NAME, parquet.content, etag='"1"')
    site.will_answer(Answer(cut_after=CUT))
    require_landed(target, url, parquet)
    first, second = site.gets()
    assert "Range" not in first.headers
    assert second.headers["If-Range"] == '"1"'
    start = int(second.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    assert 0 < start <= CUT
    assert len(waits) == 1


def test_every_further_interruption_is_resumed(
    site: Site, target: Path, parquet: Body, waits: list[float]
) -> None:
    url = site.publish(NAME, parquet.content)
    site.will_answer(Answer(cut_after=1_200_000), Answer(cut_after=1_200_000))
    require_landed(target, url, parquet)
    assert [int("Range" in request.headers) for request in site.gets()] == [0, 1, 1]


def test_a_reset_connection_is_tried_again(
    site: Site, target: Path, parquet: Body, waits: list[float]
) -> None:
    url = site.publish(NAME, parquet.content)
    site.will_answer(Answer(cut_after=CUT, reset=True), Answer(cut_after=0, reset=True))
    require_landed(target, url, parquet)
    assert len(site.gets()) == 3


def test_an_interrupted_chunked_body_is_resumed(
    site: Site, target: Path, parquet: Body, waits: list[float]
) -> None:
    url = site.publish(NAME, parquet.content)
    site.will_answer(Answer(chunked=True, cut_after=CUT))
    require_landed(target, url, parquet)
    assert "Range" in site.gets()[1].headers


def test_if_the_server_ignores_range_the_download_starts_again(
    site: Site, target: Path, parquet: Body, waits: list[float]
) -> None:
    url = site.publish(NAME, parquet.content)
    site.will_answer(Answer(cut_after=CUT), Answer(ignore_range=True))
    require_landed(target, url, parquet)
    assert "Range" in site.gets()[1].headers


def test_without_an_etag_the_download_starts_again(
    site: Site, target: Path, parquet: Body, waits: list[float]
) -> None:
    url = site.publish(NAME, parquet.content, etag=None)
    site.will_answer(Answer(cut_after=CUT))
    require_landed(target, url, parquet)
    assert "Range" not in site.gets()[1].headers


def test_if_the_file_changes_between_tries_the_download_starts_again(
    site: Site, target: Path, parquet: Body, republished: Body, waits: list[float]
) -> None:
    url = site.publish(NAME, republished.content, etag='"2"')
    site.will_answer(Answer(headers={"ETag": '"1"'}, body=parquet.content, cut_after=CUT))
    require_landed(target, url, republished)


def test_if_the_file_changes_the_download_starts_again_even_without_if_range(
    site: Site, target: Path, parquet: Body, republished: Body, waits: list[float]
) -> None:
    url = site.publish(NAME, republished.content, etag='"2"')
    site.will_answer(
        Answer(headers={"ETag": '"1"'}, body=parquet.content, cut_after=CUT),
        Answer(ignore_if_range=True),
    )
    require_landed(target, url, republished)
    assert ["Range" in request.headers for request in site.gets()] == [False, True, False]


CSV_NAME = "green_tripdata_2021-01.csv"
OLD_CSV, NEW_CSV = (b"a,b\n" + row * 300_000 for row in (b"1,2\n", b"3,4\n"))


@pytest.mark.parametrize("etag", [None, '"1"', 'W/"1"'], ids=["no ETag", "the old ETag", "weak"])
def test_a_mixture_of_two_files_is_never_kept(
    site: Site, target: Path, waits: list[float], etag: str | None
) -> None:
    """Plain CSV has no checksum that would tell."""
    first = etag if etag and etag.startswith("W/") else '"1"'
    longer = NEW_CSV + b"5,6\n" * (etag == first)
    url = site.publish(CSV_NAME, longer, etag=etag)
    site.will_answer(
        Answer(headers={"ETag": first}, body=OLD_CSV, cut_after=CUT // 4),
        Answer(ignore_if_range=True),
    )

    csv_target = target.with_name(CSV_NAME)
    download(url, csv_target)

    assert csv_target.read_bytes() == longer


def test_a_local_file_that_is_overwritten_while_it_is_read_is_read_again(
    tmp_path: Path, target: Path, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / CSV_NAME
    source.write_bytes(OLD_CSV)
    write, csv_target = Part.write, target.with_name(CSV_NAME)

    def overwriting(part: Part, chunk: bytes) -> None:
        if source.read_bytes() != NEW_CSV:
            source.write_bytes(NEW_CSV)
        write(part, chunk)

    monkeypatch.setattr(Part, "write", overwriting)
    download(source.as_uri(), csv_target)

    assert csv_target.read_bytes() == NEW_CSV


def test_another_range_than_asked_for_is_not_taken_for_the_rest(
    site: Site, target: Path, parquet: Body, waits: list[float]
) -> None:
    url = site.publish(NAME, parquet.content)
    elsewhere = Answer(headers={"Content-Range": f"bytes 5-{len(parquet.content) - 1}/*"})
    site.will_answer(Answer(cut_after=CUT), elsewhere)
    require_landed(target, url, parquet)


def test_if_a_range_cannot_be_served_the_download_starts_again(
    site: Site, target: Path, parquet: Body, waits: list[float]
) -> None:
    url = site.publish(NAME, parquet.content)
    site.will_answer(Answer(cut_after=CUT), Answer(416))
    require_landed(target, url, parquet)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("half_way", [False, True])
def test_a_busy_source_is_retried_after_the_seconds_in_retry_after(
    site: Site, target: Path, parquet: Body, waits: list[float], *, status: int, half_way: bool
) -> None:
    url = site.publish(NAME, parquet.content)
    site.will_answer(*[Answer(cut_after=CUT)] * half_way, Answer(status, {"Retry-After": "17"}))
    require_landed(target, url, parquet)
    assert waits[-1] == 17
    assert ("Range" in site.gets()[-1].headers) == half_way


def test_a_busy_source_is_retried_at_the_time_in_retry_after(
    site: Site, target: Path, parquet: Body, waits: list[float]
) -> None:
    url = site.publish(NAME, parquet.content)
    at = format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=40), usegmt=True)
    site.will_answer(Answer(503, {"Retry-After": at}))
    require_landed(target, url, parquet)
    assert 20 < waits[0] <= 40


@pytest.mark.parametrize("message", ["Mon, 01 Jan 2024 00:00:00 GMT", "0"])
def test_a_time_in_the_past_means_no_wait(
    site: Site, target: Path, parquet: Body, waits: list[float], message: str
) -> None:
    url = site.publish(NAME, parquet.content)
    site.will_answer(Answer(503, {"Retry-After": message}))
    require_landed(target, url, parquet)
    assert waits == [0]


@pytest.mark.parametrize("message", ["soon", "-5", ""])
def test_an_invalid_retry_after_means_the_usual_wait(
    site: Site, target: Path, parquet: Body, waits: list[float], message: str
) -> None:
    url = site.publish(NAME, parquet.content)
    site.will_answer(Answer(503, {"Retry-After": message}))
    require_landed(target, url, parquet)
    assert 0.75 <= waits[0] <= 1.25


def test_no_wait_is_longer_than_the_longest(
    site: Site, target: Path, parquet: Body, waits: list[float]
) -> None:
    url = site.publish(NAME, parquet.content)
    site.will_answer(Answer(503, {"Retry-After": "86400"}))
    require_landed(target, url, parquet)
    assert waits == [LONGEST_WAIT_SECONDS]


def test_a_source_that_stays_busy_is_unreachable_after_all_tries(
    site: Site, target: Path, waits: list[float]
) -> None:
    site.always = Answer(500)
    with pytest.raises(SourceUnreachableError, match="answered 500"):
        download(f"{site.base}/{NAME}", target)
    assert len(site.gets()) == TRIES
    assert [round(wait) for wait in waits[:2]] == [1, 2]
    assert all(0.75 * 2**i <= wait <= 1.25 * 2**i for i, wait in enumerate(waits))
    assert not any(target.parent.iterdir())


def test_a_source_that_always_disconnects_is_unreachable_and_leaves_no_file(
    site: Site, target: Path, parquet: Body, waits: list[float]
) -> None:
    url = site.publish(NAME, parquet.content)
    site.always = Answer(cut_after=10)
    with pytest.raises(SourceUnreachableError):
        download(url, target)
    assert len(site.gets()) == TRIES
    assert not any(target.parent.iterdir())


@pytest.mark.parametrize("answer", [Answer(), Answer(chunked=True)], ids=["length", "chunked"])
def test_a_source_that_sends_too_much_is_refused_and_nothing_is_kept(
    site: Site, target: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    monkeypatch.setattr(transfer, "MAX_BYTES", 3_000_000)
    site.will_answer(answer)
    url = site.publish(NAME, b"x" * 5_000_000)
    with pytest.raises(BadFileError, match="at most 3,000,000. Nothing was kept"):
        download(url, target)
    assert not any(target.parent.iterdir())

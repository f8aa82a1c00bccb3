"""A file is downloaded once and verified before it gets its name; other content is refused."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest
from bodies import Body

from dev.http_server import Answer, Site, unused_port
from nyc_tlc.core.errors import BadFileError, NotPublishedError, SourceUnreachableError, TlcError
from nyc_tlc.core.landing.download import download
from nyc_tlc.core.landing.landed import LandedFile
from nyc_tlc.core.landing.remote import TRIES
from tests.support.trip_data import TripData

pytestmark = pytest.mark.integration

NAME = "green_tripdata_2021-01.parquet"
CSV = b"VendorID,fare_amount\n1,2.5\n2,3.5\n"


def require_refused(error: type[TlcError], url: str, target: Path, *shown: str) -> None:
    with pytest.raises(error) as refused:
        download(url, target)
    for text in (url, *shown):
        assert text in str(refused.value)
    assert not any(target.parent.iterdir())


def test_a_landed_file_equals_the_source_s_and_has_a_note_beside_it(
    site: Site, target: Path, parquet: Body
) -> None:
    url = site.publish(NAME, parquet.content, etag='"1"')
    site.will_answer(Answer(headers={"Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}))
    landed = download(url, target)
    assert landed == LandedFile(
        uri=target.as_uri(),
        url=url,
        etag='"1"',
        last_modified="Mon, 01 Jan 2024 00:00:00 GMT",
        bytes=len(parquet.content),
        sha256=parquet.sha256,
        rows=parquet.rows,
        unpacked_bytes=len(parquet.content),
    )
    assert target.read_bytes() == parquet.content
    assert {path.name for path in target.parent.iterdir()} == {NAME, f"{NAME}.json"}
    assert LandedFile.from_xcom(json.loads(target.with_name(f"{NAME}.json").read_text())) == landed


def test_an_unchanged_file_is_not_fetched_again(site: Site, target: Path, parquet: Body) -> None:
    url = site.publish(NAME, parquet.content)
    assert download(url, target) == download(url, target)
    assert [request.method for request in site.requests] == ["GET", "HEAD"]


def test_a_file_with_another_etag_is_fetched_again(
    site: Site, target: Path, parquet: Body, republished: Body
) -> None:
    download(site.publish(NAME, parquet.content, etag='"1"'), target)
    landed = download(site.publish(NAME, republished.content, etag='"2"'), target)
    assert (landed.etag, landed.sha256) == ('"2"', republished.sha256)
    assert target.read_bytes() == republished.content


def test_a_file_without_an_etag_is_fetched_again(site: Site, target: Path, parquet: Body) -> None:
    url = site.publish(NAME, parquet.content, etag=None)
    download(url, target)
    download(url, target)
    assert len(site.gets()) == 2


@pytest.mark.parametrize("note", ["{", "{}", '{"rows": 1, "of_another_version": 2}', "[]"])
def test_a_file_whose_note_cannot_be_read_is_fetched_again(
    site: Site, target: Path, parquet: Body, note: str
) -> None:
    url = site.publish(NAME, parquet.content)
    download(url, target)
    target.with_name(f"{NAME}.json").write_text(note)
    assert download(url, target).rows == parquet.rows
    assert len(site.gets()) == 2


def test_a_truncated_or_removed_landed_file_is_fetched_again(
    site: Site, target: Path, parquet: Body
) -> None:
    url = site.publish(NAME, parquet.content)
    download(url, target)
    target.write_bytes(parquet.content[:1000])
    download(url, target)
    target.unlink()
    download(url, target)
    assert target.read_bytes() == parquet.content
    assert len(site.gets()) == 3


def test_the_probe_of_a_landed_file_is_retried_if_the_source_is_busy(
    site: Site, target: Path, parquet: Body, waits: list[float]
) -> None:
    url = site.publish(NAME, parquet.content)
    landed = download(url, target)
    site.head = Answer(503)
    with pytest.raises(SourceUnreachableError):
        download(url, target)
    assert len(waits) == TRIES - 1
    site.head = None
    assert download(url, target) == landed


def test_the_landed_file_stays_if_the_source_s_is_withdrawn_or_broken(
    site: Site, target: Path, parquet: Body
) -> None:
    landed = download(site.publish(NAME, parquet.content), target)
    with pytest.raises(BadFileError):
        download(site.publish(NAME, parquet.content[:-9], etag='"2"'), target)
    assert target.read_bytes() == parquet.content
    assert download(site.publish(NAME, parquet.content), target) == landed


@pytest.mark.parametrize("status", [403, 404])
def test_a_month_that_is_not_published_leaves_nothing(
    site: Site, target: Path, status: int
) -> None:
    denied = "<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"
    site.always = Answer(status, body=denied.encode())
    require_refused(NotPublishedError, f"{site.base}/{NAME}", target, f"answered {status}")


def test_an_html_page_instead_of_the_file_is_a_bad_file(site: Site, target: Path) -> None:
    url = site.publish(NAME, b"<html>Please log in</html>")
    site.will_answer(Answer(headers={"Content-Type": "text/html; charset=utf-8"}))
    require_refused(BadFileError, url, target, "text/html")


def test_an_empty_file_is_a_bad_file(site: Site, target: Path) -> None:
    require_refused(BadFileError, site.publish(NAME, b""), target, "is empty (0 bytes)")


def test_an_empty_chunked_file_is_a_bad_file(site: Site, target: Path) -> None:
    site.always = Answer(chunked=True)
    require_refused(BadFileError, site.publish(NAME, b""), target, "is empty (0 bytes)")


def test_a_truncated_parquet_file_is_detected_by_its_footer(
    site: Site, target: Path, parquet: Body
) -> None:
    url = site.publish(NAME, parquet.content[:1_000_000])
    require_refused(BadFileError, url, target, "sent 1,000,000 bytes that are not Parquet", "PAR1")


def test_text_instead_of_gzip_is_a_bad_file(site: Site, target: Path) -> None:
    csv = target.with_name("green_tripdata_2021-01.csv.gz")
    url = site.publish(csv.name, b"version https://git-lfs.github.com/spec/v1\n")
    require_refused(BadFileError, url, csv, "not gzip", "a Git LFS pointer")


@pytest.mark.parametrize("cut", [1, 4, 8, 20])
def test_gzip_truncated_within_or_before_its_trailer_is_a_bad_file(
    site: Site, target: Path, cut: int
) -> None:
    csv = target.with_name("green_tripdata_2021-01.csv.gz")
    url = site.publish(csv.name, gzip.compress(CSV * 100)[:-cut])
    require_refused(BadFileError, url, csv, "not gzip to its trailer")


def test_gzip_with_a_wrong_checksum_is_a_bad_file(site: Site, target: Path) -> None:
    csv = target.with_name("green_tripdata_2021-01.csv.gz")
    content = gzip.compress(CSV)
    url = site.publish(csv.name, content[:-8] + b"\0\0\0\0" + content[-4:])
    require_refused(BadFileError, url, csv, "not gzip", "incorrect data check")


def test_an_xml_answer_with_status_200_is_not_csv(site: Site, target: Path) -> None:
    csv = target.with_name("green_tripdata_2021-01.csv")
    url = site.publish(csv.name, b"<?xml version='1.0'?>\n<Error/>\n")
    require_refused(BadFileError, url, csv, "XML", "Expected a CSV file")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("green_tripdata_2021-01.csv", CSV),
        ("green_tripdata_2021-01.csv.gz", gzip.compress(CSV)),
        ("green_tripdata_2021-01.csv.gz", gzip.compress(CSV[:30]) + gzip.compress(CSV[30:])),
    ],
    ids=["plain", "gzip", "gzip of two members"],
)
def test_csv_is_kept_unchanged_and_its_rows_are_counted(
    site: Site, target: Path, name: str, content: bytes
) -> None:
    landed = download(site.publish(name, content), target.with_name(name))
    assert landed.rows == 2
    assert target.with_name(name).read_bytes() == content


def test_nothing_at_the_port_is_source_unreachable_after_all_tries(
    target: Path, waits: list[float]
) -> None:
    url = f"http://127.0.0.1:{unused_port()}/{NAME}"
    require_refused(SourceUnreachableError, url, target, "Check the network")
    assert len(waits) == TRIES - 1


def test_a_local_source_with_spaces_and_non_ascii_letters_is_landed_and_skipped(
    tmp_path: Path, target: Path, parquet: Body
) -> None:
    source = tmp_path / "été à New York" / NAME
    source.parent.mkdir()
    source.write_bytes(parquet.content)
    target = target.parent / "où" / "mes fichiers" / NAME
    landed = download(f"file://{source}", target)
    assert landed.sha256 == parquet.sha256
    before = target.stat().st_mtime_ns
    assert download(f"file://{source}", target) == landed
    assert target.stat().st_mtime_ns == before


def test_a_file_cut_short_is_refused_and_a_whole_one_counted(
    trip_data: TripData, target: Path
) -> None:
    cut = trip_data / "negative/truncated.parquet"
    require_refused(BadFileError, cut.as_uri(), target, "not Parquet")
    denied = trip_data / "negative/access_denied.parquet"
    require_refused(BadFileError, denied.as_uri(), target, "look like HTML or XML")
    whole = trip_data / "csv-mirror/green_tripdata_2020-03.csv.gz"
    landed = download(whole.as_uri(), target.with_name(whole.name))
    assert landed.rows == trip_data.rows[whole.name]
    assert landed.sha256 == hashlib.sha256(whole.read_bytes()).hexdigest()

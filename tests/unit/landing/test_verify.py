"""Rows are counted in the file itself: all lines except blank lines and the header."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from nyc_tlc.core.errors import BadFileError
from nyc_tlc.core.landing import verify
from nyc_tlc.core.landing.verify import Content, count_rows, measure
from tests.support.trip_data import TripData

pytestmark = pytest.mark.unit

URL = "https://example.org/green.csv"
HEADER = b"VendorID,fare_amount\n"
MARK = b"\xef\xbb\xbf"


def rows_of(tmp_path: Path, content: bytes, name: str = "green.csv") -> int:
    file = tmp_path / name
    file.write_bytes(content)
    return count_rows(file, name, URL)


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (HEADER + b"1,2\n2,3\n", 2),
        (HEADER + b"1,2\n2,3", 2),
        ((HEADER + b"1,2\n2,3\n").replace(b"\n", b"\r\n"), 2),
        (HEADER + b"\n1,2\n2,3\n", 2),
        ((HEADER + b"\n1,2\n2,3\n").replace(b"\n", b"\r\n"), 2),
        (HEADER + b" \t\n1,2\n2,3\n\n\n", 2),
        (b"\r\n\n" + HEADER + b"1,2\n2,3\n", 2),
        (HEADER + b"1,2\n" + HEADER + b"2,3\n", 2),
        (HEADER + b"1,2\n" + HEADER.replace(b"\n", b" \r\n") + b"2,3\n", 2),
        (MARK + HEADER + b"1,2\n" + HEADER + b"2,3\n", 2),
        (HEADER + b" 1,2\n\t2,3\n", 2),
        (HEADER + b",\n,\n", 2),
        (HEADER, 0),
        (HEADER.strip(), 0),
        (MARK + HEADER + b"\n\n", 0),
        (HEADER + HEADER, 0),
    ],
    ids=[
        "plain",
        "no last line end",
        "CRLF",
        "blank second line",
        "CRLF and a blank second line",
        "lines of blanks",
        "blank lines in front",
        "header in mid-file",
        "header in mid-file with other blanks around",
        "byte order mark and header in mid-file",
        "blanks in front of rows",
        "rows of nulls",
        "header only",
        "header only, no line end",
        "byte order mark and header only",
        "header twice",
    ],
)
def test_rows_are_lines_that_are_neither_blank_nor_the_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, rows: int
) -> None:
    assert rows_of(tmp_path, content) == rows
    assert rows_of(tmp_path, gzip.compress(content), "green.csv.gz") == rows
    for read_bytes in (1, 2, 3, 5, 7):
        monkeypatch.setattr(verify, "READ_BYTES", read_bytes)
        assert rows_of(tmp_path, content) == rows


def test_the_count_is_the_same_wherever_blocks_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = random.Random(20)
    ends = [b"\n", b"\r\n"]
    lines = [HEADER.strip(), b"", b" ", b"1,2", b" 3,4 ", b"5,6", b'"a, b",1']
    for read_bytes in range(1, 60):
        monkeypatch.setattr(verify, "READ_BYTES", read_bytes)
        drawn = [chosen.choice(lines) + chosen.choice(ends) for _ in range(80)]
        content = HEADER + b"".join(drawn)
        one_by_one = [line.strip() for line in content.split(b"\n")]
        expected = sum(line not in (b"", HEADER.strip()) for line in one_by_one)
        assert rows_of(tmp_path, content) == expected


@pytest.mark.parametrize("content", [b"", b"\n\r\n  \n", MARK])
def test_a_csv_without_a_header_is_a_bad_file(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadFileError, match=f"{URL} sent nothing. Expected a CSV file"):
        rows_of(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<html>a secret</html>\n", "HTML or XML"),
        (b"PK\x03\x04\0\0a secret\n", "a ZIP archive"),
        (gzip.compress(HEADER), "gzip"),
        (b"a secret\0\n", "binary data"),
    ],
)
def test_another_kind_of_file_is_not_csv_and_its_content_is_not_shown(
    tmp_path: Path, content: bytes, kind: str
) -> None:
    with pytest.raises(BadFileError, match=f"sent {kind}. Expected a CSV file") as refused:
        rows_of(tmp_path, content)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("name", ["green.parquet", "green.csv.gz"])
def test_the_content_of_another_server_s_answer_is_not_shown(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadFileError, match="They look like text") as refused:
        rows_of(tmp_path, b'{"AccessKeyId": "a secret"}', name)
    assert "secret" not in str(refused.value)


def test_lines_that_end_in_a_carriage_return_alone_are_refused(tmp_path: Path) -> None:
    content = (HEADER + b"1,2\n").replace(b"\n", b"\r")
    with pytest.raises(BadFileError, match="ends its lines in CR alone"):
        rows_of(tmp_path, content)
    with pytest.raises(BadFileError, match="has a line of over 2,097,152 bytes"):
        rows_of(tmp_path, content * 100_000)


def test_all_gzip_members_are_counted_wherever_they_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = HEADER + b"1,2\n2,3\n3,4\n"
    members = b"".join(gzip.compress(content[i : i + 7]) for i in range(0, len(content), 7))
    for read_bytes in (1, 10, 27, 1 << 20):
        monkeypatch.setattr(verify, "READ_BYTES", read_bytes)
        assert rows_of(tmp_path, members, "green.csv.gz") == 3


def test_a_truncated_second_gzip_member_is_a_bad_file(tmp_path: Path) -> None:
    content = gzip.compress(HEADER + b"1,2\n") + gzip.compress(b"2,3\n")[:-1]
    with pytest.raises(BadFileError, match="ends before its trailer"):
        rows_of(tmp_path, content, "green.csv.gz")


def test_a_parquet_file_without_rows_has_none(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = tmp_path / "green.parquet"
    pq.write_table(pa.table({"fare_amount": pa.array([], pa.float64())}), file)
    assert count_rows(file, file.name, URL) == 0


@pytest.mark.parametrize("content", [b"PAR1", b"PAR1PAR1", b"PAR1" + b"\xff" * 40 + b"PAR1"])
def test_magic_bytes_alone_are_not_a_parquet_file(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadFileError, match="not Parquet.*They look like Parquet"):
        rows_of(tmp_path, content, "green.parquet")


def test_csv_files_have_their_known_rows(trip_data: TripData) -> None:
    for name in ("green_tripdata_2020-03.csv.gz", "green_tripdata_2013-08.csv"):
        assert count_rows(trip_data / f"csv-mirror/{name}", name, URL) == trip_data.rows[name]


def test_parquet_files_have_the_rows_of_the_manifest(trip_data: TripData) -> None:
    file = trip_data / "trip-data/green_tripdata_2020-03.parquet"
    assert count_rows(file, file.name, URL) == trip_data.rows[file.name]


def test_the_unpacked_size_is_that_of_all_gzip_members(tmp_path: Path) -> None:
    text = HEADER + b"1,2\n2,3"
    file = tmp_path / "green.csv.gz"
    file.write_bytes(gzip.compress(text[:12]) + gzip.compress(text[12:]))
    assert measure(file, file.name, URL) == Content(rows=2, unpacked_bytes=len(text))
    plain = tmp_path / "green.csv"
    plain.write_bytes(text)
    assert measure(plain, plain.name, URL) == Content(rows=2, unpacked_bytes=len(text))

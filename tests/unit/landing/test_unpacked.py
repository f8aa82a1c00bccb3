"""A small file that unpacks to terabytes, or claims to, is refused in little memory."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nyc_tlc.core.errors import (
    BadFileError,
    DamagedPageError,
    FileTooLargeError,
    SettingsError,
)
from nyc_tlc.core.landing import parquet_pages
from nyc_tlc.core.landing.unpacked import SETTING
from nyc_tlc.core.landing.verify import count_rows

pytestmark = pytest.mark.unit

HEADER = b"VendorID,fare_amount\n"


def count(path: Path) -> int:
    return count_rows(path, path.name, path.as_uri())


def bomb(path: Path, pieces: int) -> Path:
    """A gzip file of ``pieces`` megabytes of lines."""
    packer = zlib.compressobj(wbits=31)
    with path.open("wb") as file:
        file.write(packer.compress(HEADER))
        for _ in range(pieces):
            file.write(packer.compress(b"1,2.5\n" * 166_666))
        file.write(packer.flush())
    return path


def test_a_gzip_file_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bomb(tmp_path / "green_tripdata_2021-01.csv.gz", 3)
    assert count(path) == 3 * 166_666
    monkeypatch.setenv(SETTING, "2000000")
    with pytest.raises(FileTooLargeError, match=f"more than 2,000,000 bytes.*{SETTING}"):
        count(path)


def test_members_of_a_gzip_file_count_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "green_tripdata_2021-01.csv.gz"
    path.write_bytes(gzip.compress(HEADER) + gzip.compress(b"1,2\n" * 1000) * 30)
    assert count(path) == 30_000
    monkeypatch.setenv(SETTING, "100000")
    with pytest.raises(FileTooLargeError):
        count(path)


def test_a_gzip_file_is_unpacked_in_little_memory(tmp_path: Path) -> None:
    """One chunk of the file unpacks to 130 MB."""
    path = bomb(tmp_path / "green_tripdata_2021-01.csv.gz", 150)
    code = (
        "import resource, sys; from pathlib import Path; from nyc_tlc.core.landing.verify import count_rows; "
        "path = Path(sys.argv[1]); before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; "
        "count_rows(path, path.name, ''); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    grown = subprocess.run(
        [sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True
    ).stdout
    assert int(grown) * 1024 < 20 << 20


def test_a_setting_that_is_no_number_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTING, "64 GB")
    with pytest.raises(SettingsError, match=f"{SETTING} is '64 GB'"):
        count(bomb(tmp_path / "green_tripdata_2021-01.csv.gz", 1))


def parquet(folder: Path, table: pa.Table, **options: Any) -> Path:
    path = folder / "green_tripdata_2021-01.parquet"
    pq.write_table(table, path, **options)
    return path


def test_a_value_repeated_for_millions_of_rows_counts_as_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = parquet(tmp_path, pa.table({"fare_amount": pa.array([1.5] * 1_000_000)}))
    assert path.stat().st_size < 5_000
    assert count(path) == 1_000_000
    monkeypatch.setenv(SETTING, "7999999")
    with pytest.raises(FileTooLargeError):
        count(path)


def test_pages_count_with_what_they_unpack_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zeros = pa.table({"memo": pa.array(["0" * 1_000_000] * 3)})
    path = parquet(tmp_path, zeros, compression="zstd", use_dictionary=False)
    assert path.stat().st_size < 5_000
    monkeypatch.setenv(SETTING, "2000000")
    with pytest.raises(FileTooLargeError):
        count(path)


def test_a_page_too_large_for_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_pages, "MOST_PAGE", 900_000)
    zeros = pa.table({"memo": pa.array(["0" * 1_000_000])})
    path = parquet(tmp_path, zeros, compression="zstd", use_dictionary=False)
    with pytest.raises(DamagedPageError, match="unpacks to 1,0.* Expected a page"):
        count(path)


def test_a_footer_too_large_for_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_pages, "MOST_FOOTER", 100)
    with pytest.raises(BadFileError, match="a Parquet footer of"):
        count(parquet(tmp_path, pa.table({"memo": ["a"]})))


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("codec", ["none", "snappy", "zstd"])
def test_the_checksums_of_pages_are_verified(tmp_path: Path, version: str, codec: str) -> None:
    numbers = pa.table({"a": list(range(50_000)), "b": [str(n) for n in range(50_000)]})
    path = parquet(
        tmp_path, numbers, write_page_checksum=True, compression=codec, data_page_version=version
    )
    assert count(path) == 50_000
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedPageError, match="damaged page at byte .* its checksum is"):
        count(path)


def test_damaged_page_headers_end_in_a_named_error(tmp_path: Path) -> None:
    path = parquet(tmp_path, pa.table({"a": list(range(5_000))}), compression="none")
    whole = path.read_bytes()
    for place in range(4, 40):
        path.write_bytes(whole[:place] + b"\xff" * 12 + whole[place + 12 :])
        try:
            count(path)
        except BadFileError:
            continue

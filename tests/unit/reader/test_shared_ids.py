from __future__ import annotations

from collections import Counter
from contextlib import closing

import numpy as np
import pyarrow as pa
import pytest

from nyc_tlc.core.reader import shared_ids
from nyc_tlc.core.reader.shared_ids import ID_BYTES, SharedIds

pytestmark = pytest.mark.unit


def ids_of(values: list[bytes]) -> pa.Array:
    return pa.array(values, pa.binary(ID_BYTES))


def counted(batches: list[pa.Array]) -> int:
    with closing(SharedIds(sum(map(len, batches)))) as shared:
        for batch in batches:
            shared.add(batch)
        return shared.count()


def expected(values: list[bytes]) -> int:
    return sum(count for count in Counter(values).values() if count > 1)


@pytest.mark.parametrize("part_rows", [1 << 19, 100, 10])
def test_all_rows_that_share_an_id_are_counted_in_whatever_batch_they_are(
    monkeypatch: pytest.MonkeyPatch, part_rows: int
) -> None:
    monkeypatch.setattr(shared_ids, "PART_ROWS", part_rows)
    random = np.random.default_rng(7)
    distinct = [random.bytes(ID_BYTES) for _ in range(900)]
    values = [*distinct, *distinct[100:200], *distinct[150:160], *distinct[899:]]
    values = [values[place] for place in random.permutation(len(values))]

    batches = [ids_of(values[:400]), ids_of([]), ids_of(values)[400:700], ids_of(values[700:])]

    assert counted(batches) == expected(values) == 100 + 100 + 10 + 2


def test_ids_of_which_only_one_half_is_equal_are_different() -> None:
    one, two = b"\1" * 8, b"\2" * 8

    assert counted([ids_of([one + one, one + two, two + one, two + two])]) == 0
    assert counted([ids_of([one + one, one + two, one + one])]) == 2


def test_no_row_shares_an_id_in_a_file_without_rows() -> None:
    assert counted([]) == counted([ids_of([])]) == 0


def test_one_id_in_every_row_is_counted_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_ids, "PART_ROWS", 100)
    monkeypatch.setattr(shared_ids, "MOST_ROWS", 150)
    values = [b"\7" * ID_BYTES] * 1000 + [bytes([n]) * ID_BYTES for n in range(7)]

    assert counted([ids_of(values)]) == 1000


def test_many_ids_are_kept_in_files_not_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_ids, "IN_MEMORY_BYTES", 64)
    values = [bytes([n % 250]) * ID_BYTES for n in range(500)]

    assert counted([ids_of(values)]) == 500

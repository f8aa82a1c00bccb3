from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from nyc_tlc.core.reader.csv_file import WORKERS, in_order

pytestmark = pytest.mark.unit


def test_results_are_in_order_whichever_is_ready_first() -> None:
    def work(number: int) -> int:
        time.sleep(0.02 * (number % 3 == 0))
        return number

    assert list(in_order(work, range(20))) == list(range(20))


def test_only_as_many_items_are_taken_as_the_workers_need() -> None:
    taken = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    results = in_order(str, items())
    assert next(results) == "0"
    assert len(taken) == WORKERS + 1
    results.close()  # type: ignore[attr-defined]
    assert len(taken) == WORKERS + 1


def test_an_error_of_the_work_comes_after_the_results_before_it() -> None:
    results = in_order(lambda number: 6 // (3 - number), range(9))
    assert [next(results) for _ in range(3)] == [2, 3, 6]
    with pytest.raises(ZeroDivisionError):
        next(results)

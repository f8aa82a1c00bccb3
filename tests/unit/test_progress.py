"""Progress in the log: not too often, with speed and time left."""

from __future__ import annotations

import logging

import pytest

from nyc_tlc.core import progress
from nyc_tlc.core.progress import Progress, megabytes, rows

pytestmark = pytest.mark.unit

LOG = logging.getLogger("test_progress")


class Clock:
    """Time that passes only when it is told to."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Clock:
    caplog.set_level(logging.INFO)
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_nothing_is_logged_before_the_interval_is_over(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    begun = Progress(LOG, "loading", 1000, rows)
    for _ in range(4):
        clock.now += 1
        begun.add(100)
    assert caplog.messages == []


def test_amount_share_time_left_and_speed_are_logged_once_an_interval(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    begun = Progress(LOG, "loading", 10_000, rows)
    for _ in range(10):
        clock.now += 1
        begun.add(500)
    assert caplog.messages == [
        "loading: 2,500 rows of 10,000 rows (25%), 15 s left, 500 rows/s",
        "loading: 5,000 rows of 10,000 rows (50%), 10 s left, 500 rows/s",
    ]


@pytest.mark.parametrize("total", [None, 0])
def test_without_a_total_no_share_is_logged(
    clock: Clock, caplog: pytest.LogCaptureFixture, total: int | None
) -> None:
    begun = Progress(LOG, "downloading", total, megabytes)
    clock.now += 5
    begun.add(10_000_000)
    assert caplog.messages == ["downloading: 10.0 MB, 2.0 MB/s"]


def test_beyond_the_total_the_time_left_is_zero(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    begun = Progress(LOG, "loading", 100, rows)
    clock.now += 5
    begun.add(200)
    assert "0 s left" in caplog.messages[0]


def test_the_end_is_always_logged_even_if_no_time_has_passed(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    Progress(LOG, "loading", None, rows).finish()
    assert caplog.messages == ["loading: 0 rows in 0.0 s, 0 rows/s"]


def test_what_an_earlier_try_did_counts_as_done_but_not_for_the_speed(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    begun = Progress(LOG, "downloading", 100_000_000, megabytes, done=80_000_000)
    clock.now += 5
    begun.add(10_000_000)
    begun.finish()
    assert caplog.messages == [
        "downloading: 90.0 MB of 100.0 MB (90%), 5 s left, 2.0 MB/s",
        "downloading: 90.0 MB in 5.0 s, 2.0 MB/s",
    ]

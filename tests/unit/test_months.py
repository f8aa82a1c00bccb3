"""The state of each month, as the page and ``airflow tlc months`` show it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from nyc_tlc.core.catalog import Month, Source, Taxi, TripFile
from nyc_tlc.core.landing.remote import RemoteFile
from nyc_tlc.core.ledger import LedgerMonth
from nyc_tlc.core.months import ActiveRun, SourceCheck, State, month_states

pytestmark = pytest.mark.unit

FILE = TripFile(Taxi.GREEN, Month(2021, 1))
URL = "https://tlc/green_tripdata_2021-01.parquet"
REMOTE = RemoteFile(URL, '"a"', None, 100)
MERGED = LedgerMonth(
    FILE.taxi, FILE.month, "merged", 5, url=URL, etag='"a"', bytes=100, rejected=0,
    loaded_at=dt.datetime(2021, 3, 1, tzinfo=dt.UTC),
)  # fmt: skip
FAILED = LedgerMonth(FILE.taxi, FILE.month, "failed", None, "stage", "BadFileError", "cut")
AGAIN = replace(MERGED, outcome="failed", error_class="BadFileError", error="cut")
CSV = replace(MERGED, url="https://mirror/green_tripdata_2021-01.csv.gz", etag=None)
RUN = ActiveRun(FILE.taxi, FILE.month, "tlc_postgres_green", "manual__1")
NOT_ASKED = "not asked"


@pytest.mark.parametrize(
    ("load", "answer", "state"),
    [
        (MERGED, NOT_ASKED, State.LOADED),
        (MERGED, REMOTE, State.LOADED),
        (MERGED, None, State.LOADED),
        (MERGED, replace(REMOTE, etag='"b"'), State.REPUBLISHED),
        (MERGED, replace(REMOTE, bytes=101), State.REPUBLISHED),
        (replace(MERGED, rejected=2), REMOTE, State.LOADED_WITH_REJECTS),
        (replace(MERGED, rejected=2), replace(REMOTE, etag='"b"'), State.REPUBLISHED),
        (CSV, REMOTE, State.LOADED_FROM_CSV),
        (FAILED, REMOTE, State.FAILED),
        (FAILED, NOT_ASKED, State.FAILED),
        (FAILED, None, State.UNPUBLISHED),
        (AGAIN, None, State.FAILED),
        (None, REMOTE, State.MISSING),
        (None, None, State.UNPUBLISHED),
        (None, NOT_ASKED, State.UNKNOWN),
    ],
)
def test_the_state_of_a_month(
    load: LedgerMonth | None, answer: RemoteFile | str | None, state: State
) -> None:
    answers = {} if isinstance(answer, str) else {FILE: answer}
    [month] = month_states([FILE], [load] if load else [], [], answers)
    assert month.state is state
    assert (month.error is not None) is (state is State.FAILED)


@pytest.mark.parametrize(
    ("runs", "state"),
    [
        ([RUN], State.RUNNING),
        ([replace(RUN, queued=True)], State.QUEUED),
        ([replace(RUN, waits=True)], State.WAITING),
        ([RUN, replace(RUN, run_id="manual__2", queued=True)], State.RUNNING),
        ([replace(RUN, waits=True), replace(RUN, queued=True)], State.WAITING),
        ([replace(RUN, month=Month(2021, 2))], State.LOADED),
    ],
)
def test_a_run_that_is_active_comes_before_what_was_loaded(
    runs: list[ActiveRun], state: State
) -> None:
    [month] = month_states([FILE], [MERGED], runs, {})
    assert (month.state, month.rows, month.bytes) == (state, 5, 100)
    assert month.run_id == (None if state is State.LOADED else "manual__1")


def test_every_state_has_a_symbol_of_its_own() -> None:
    assert len({state.mark for state in State}) == len(State)


def test_months_of_the_csv_mirror_are_compared_with_what_tlc_has_now() -> None:
    file = replace(FILE, source=Source.CSV)
    [month] = month_states([file], [MERGED], [], {FILE: replace(REMOTE, etag='"b"')})
    assert month.state is State.REPUBLISHED


def test_a_check_of_the_source_is_stored_as_text() -> None:
    now = dt.datetime(2026, 11, 27, 12, tzinfo=dt.UTC)
    check = SourceCheck(now, {FILE: REMOTE, replace(FILE, month=Month(2099, 1)): None})
    assert SourceCheck.from_json(check.to_json()) == check

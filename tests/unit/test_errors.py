"""Which errors are retryable, and that each has a docstring."""

from __future__ import annotations

import inspect

import pytest

from nyc_tlc.core import errors
from nyc_tlc.core.errors import TlcError, as_block
from nyc_tlc.core.landing.remote import SourceBusyError, StaleRangeError

pytestmark = pytest.mark.unit

EVERY = [
    found for _, found in inspect.getmembers(errors, inspect.isclass) if issubclass(found, TlcError)
]
MAY_PASS_NEXT_TIME = {
    "SourceUnreachableError", "WarehouseUnreachableError", "QuotaExceededError", "TableBusyError",
    "EngineUnreachableError", "MonthChangedError", "PodFailedError", "ScriptFailedError", "StoreError",
    "UploadError",
}  # fmt: skip


@pytest.mark.parametrize("error", EVERY)
def test_each_error_is_documented(error: type[TlcError]) -> None:
    assert error.__doc__ not in (None, Exception.__doc__)
    assert "__doc__" in vars(error)


def test_only_temporary_errors_are_retryable() -> None:
    assert {error.__name__ for error in EVERY if error.retryable} == MAY_PASS_NEXT_TIME


@pytest.mark.parametrize("error", [SourceBusyError("busy", 3.0), StaleRangeError("changed")])
def test_temporary_answers_of_a_source_are_retryable(error: TlcError) -> None:
    assert error.retryable


def test_a_log_has_an_error_as_a_block_of_short_lines() -> None:
    message = f"https://a.org/{'x' * 90} answered 403. {'It is late. ' * 2}Check it."
    name, seen, *rest = as_block("NotPublishedError", message).splitlines()
    assert name == "NotPublishedError:"
    assert seen.startswith("  https://a.org/")
    assert rest == ["    answered 403.", "  It is late.", "  It is late.", "  Check it."]
